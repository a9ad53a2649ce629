import { DiagLogLevel, diag, SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";
import packageJson from "../../package.json" with { type: "json" };
import type { Clock } from "../clock.ts";
import type { TracesConfig } from "../config/traces.ts";
import { shortened } from "../errors.ts";
import { within } from "../resilience/waiting.ts";
import type { TraceContext } from "./context.ts";
import type { Span, Tracing } from "./port.ts";

/** A run of a thousand steps ends with as many spans at once. */
const MAX_WAITING = 8192;
/** The rest is lost when a process ends and the receiver does not answer. */
const CLOSE_MILLISECONDS = 3000;
const MAX_LOGGED = 500;

const KINDS = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;

export interface OtlpOptions extends Omit<TracesConfig, "serviceName"> {
  serviceName: string;
  clock: Clock;
  log: Logger;
}

/** Sends spans by OTLP over HTTP, in batches: 512 at once, or those of five seconds. */
export function openOtlpTracing({ url, headers, serviceName, ratio, clock, log }: OtlpOptions): Tracing {
  const tell = (message: string) => log.warn({ error: shortened(message, MAX_LOGGED) }, "spans not sent");
  const silent = () => {};
  diag.setLogger(
    { error: tell, warn: tell, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({ url, headers });
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: MAX_WAITING });
  const common = {
    resource: resourceFromAttributes({ "service.name": serviceName, "service.version": packageJson.version }),
    instrumentationScope: { name: packageJson.name, version: packageJson.version },
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return {
    begins: () => Math.random() < ratio,
    end: (span) => processor.onEnd({ ...common, ...readable(span) }),
    async close() {
      const late = () => new Error("the receiver does not answer");
      await within(clock, CLOSE_MILLISECONDS, processor.shutdown(), late).catch((error: unknown) =>
        tell(String(error)),
      );
    },
  };
}

function readable({ context, parentSpanId, name, kind, startedAt, endedAt, attributes, error, link }: Span) {
  const own = spanContextOf(context);
  return {
    name,
    kind: KINDS[kind],
    spanContext: () => own,
    ...(parentSpanId !== null && { parentSpanContext: { ...own, spanId: parentSpanId } }),
    startTime: hrTime(startedAt),
    endTime: hrTime(endedAt),
    duration: hrTime(endedAt - startedAt),
    status: error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes,
    links: link === null ? [] : [{ context: spanContextOf(link) }],
  } satisfies Partial<ReadableSpan>;
}

function spanContextOf({ traceId, spanId, isSampled }: TraceContext) {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}

/** Seconds and nanoseconds. */
function hrTime(milliseconds: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1_000_000)];
}
