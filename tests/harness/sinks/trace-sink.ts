/** A receiver of OpenTelemetry's OTLP over HTTP, with JSON: it keeps the spans that come. */

export interface ReceivedSpan {
  /** Name of the process that sent it. */
  service: string;
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  name: string;
  kind: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, unknown>;
  isError: boolean;
  links: { traceId: string; spanId: string }[];
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number; doubleValue?: number };
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number };
  links: { traceId: string; spanId: string }[];
}

interface OtlpBody {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const ERROR_STATUS = 2;
/** Spans come within five seconds. */
const DEADLINE_MS = 20_000;

export class TraceSink {
  readonly spans: ReceivedSpan[] = [];
  /** Headers of the last request. */
  headers = new Headers();
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => this.#take(request) });
  }

  /** What OTEL_EXPORTER_OTLP_ENDPOINT is set to. */
  get endpoint(): string {
    return this.#server.url.href;
  }

  /** The spans of a trace, once there are so many. @throws Error with those that are there, when there never are */
  async trace(traceId: string, count: number): Promise<Trace> {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const spans = this.spans.filter((span) => span.traceId === traceId);
      if (spans.length >= count) return new Trace(spans);
      if (performance.now() > deadline) {
        throw new Error(`${spans.length} of ${count} spans came: ${spans.map(nameOf).join(", ")}`);
      }
      await Bun.sleep(20);
    }
  }

  async close(): Promise<void> {
    await this.#server.stop(true);
  }

  async #take(request: Request): Promise<Response> {
    this.headers = request.headers;
    if (new URL(request.url).pathname !== "/v1/traces") return new Response(null, { status: 404 });
    const body: OtlpBody = JSON.parse(await request.text());
    for (const { resource, scopeSpans } of body.resourceSpans) {
      const service = String(attributesOf(resource.attributes)["service.name"]);
      for (const { spans } of scopeSpans) this.spans.push(...spans.map((span) => received(service, span)));
    }
    return Response.json({});
  }
}

/** The spans of one trace, as a tree. */
export class Trace {
  readonly spans: ReceivedSpan[];

  constructor(spans: ReceivedSpan[]) {
    this.spans = spans;
  }

  /** The tree as lines, each span below its parent in the order of their begins, and those that hang nowhere. */
  lines(root: string): string[] {
    const shown = new Set<ReceivedSpan>();
    const below = (parent: string, indent: string): string[] =>
      this.spans
        .filter(({ parentSpanId }) => parentSpanId === parent)
        .sort((first, second) => first.startedAt - second.startedAt || pathOf(first).localeCompare(pathOf(second)))
        .flatMap((span) => {
          shown.add(span);
          return [`${indent}${nameOf(span)}`, ...below(span.spanId, `${indent}  `)];
        });
    const tree = below(root, "");
    return [...tree, ...this.spans.filter((span) => !shown.has(span)).map((span) => `lost: ${nameOf(span)}`)];
  }

  /** The spans of the steps at a path, by their attempts. */
  at(path: string): ReceivedSpan[] {
    return this.spans
      .filter((span) => pathOf(span) === path)
      .sort(
        (first, second) => Number(first.attributes["workflow.attempt"]) - Number(second.attributes["workflow.attempt"]),
      );
  }
}

function nameOf(span: ReceivedSpan): string {
  const { name, service, attributes, isError } = span;
  const attempt = Number(attributes["workflow.attempt"] ?? 1) > 1 ? ` #${attributes["workflow.attempt"]}` : "";
  const path = pathOf(span) === "" ? "" : ` ${pathOf(span)}`;
  return `${service}: ${name}${path}${attempt}${isError ? " failed" : ""}`;
}

function pathOf({ attributes }: ReceivedSpan): string {
  return String(attributes["workflow.path"] ?? "");
}

function received(service: string, span: OtlpSpan): ReceivedSpan {
  const { traceId, spanId, parentSpanId = "", name, kind, status, links } = span;
  return {
    ...{ service, traceId, spanId, parentSpanId, name, kind, links },
    startedAt: Number(span.startTimeUnixNano) / 1_000_000,
    endedAt: Number(span.endTimeUnixNano) / 1_000_000,
    attributes: attributesOf(span.attributes),
    isError: status.code === ERROR_STATUS,
  };
}

function attributesOf(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]),
  );
}
