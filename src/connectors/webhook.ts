import { type Static, Type } from "@sinclair/typebox";
import type { Json } from "../schemas/json.ts";
import { type ConfigFault, defineConnector, StepFailure } from "./index.ts";

const Config = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 8192, description: "http or https" }),
    method: Type.Union(["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => Type.Literal(method))),
    headers: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 8192 }))),
    body: Type.Optional(
      Type.Unsafe<Json>(Type.Unknown({ description: "Sent as JSON; a string is sent as it is; left out for GET" })),
    ),
    accept: Type.Optional(
      Type.Array(
        Type.Union([Type.Integer({ minimum: 100, maximum: 599 }), Type.String({ pattern: "^[1-5]xx$" })], {
          description: 'a status from 100 to 599 or a class such as "4xx"',
        }),
        {
          maxItems: 100,
          description: 'Statuses or classes such as "4xx" that succeed beside those below 400',
        },
      ),
    ),
  },
  { additionalProperties: false },
);

// RFC 9110, 5.6.2: a header name is a token.
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// RFC 9110, 5.5: what a field value can carry on the wire.
const NOT_LATIN = /[^\p{ASCII}\u0080-\u00ff]/u;
const CONTROL = /(?!\t)\p{Cc}/u;

/** Calls an HTTP endpoint. A reply of 400 or above fails the step unless `accept` names it. */
export default defineConnector({
  type: "webhook",
  kind: "effect",
  description: "Calls an HTTP endpoint, at least once, with the same webhook-id header on every attempt.",
  config: Config,
  check: checkConfig,
  async run(config, tools) {
    // Placeholders are resolved by now: what they brought in is checked like what the author wrote.
    const fault = checkConfig(config)[0];
    if (fault !== undefined) {
      throw StepFailure.of("config_unfit", { place: `.${fault.path.join(".")}`, fault: fault.message });
    }
    const reply = await tools.fetch({
      url: config.url,
      method: config.method,
      headers: headersOf(config),
      ownHeaders: ownHeadersOf(config, tools.idempotencyKey),
      body: bodyOf(config),
      follow: 20,
    });
    const output = {
      type: "webhook",
      status_code: reply.status,
      response_data: reply.data,
      url: config.url,
      method: config.method,
      ...(reply.faults.count > 0 && { response_faults: { ...reply.faults } }),
    };
    if (!isAccepted(reply.status, config.accept ?? [])) {
      throw StepFailure.of("http_status", { status: reply.status }, output);
    }
    return output;
  },
});

function checkConfig({ url, headers = {} }: Static<typeof Config>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (!isHttpUrl(url)) {
    faults.push({ path: ["url"], message: "Input should be an http or https URL, such as https://example.com/hook" });
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) {
      faults.push({ path: ["headers", name], message: "A header name holds letters, digits and - only" });
    } else if (CONTROL.test(value)) {
      faults.push({ path: ["headers", name], message: "A header value holds no control characters" });
    } else if (NOT_LATIN.test(value)) {
      faults.push({ path: ["headers", name], message: "A header value holds characters of Latin-1 only" });
    }
  }
  return faults;
}

function isHttpUrl(url: string): boolean {
  // A placeholder may stand for any part, so that only its author's fixed part can be judged before the run.
  if (url.startsWith("${")) return true;
  const sample = url.replace(/\$\{[^}]*\}/g, "1");
  if (!/^https?:\/\//i.test(sample) || CONTROL.test(sample)) return false;
  return URL.canParse(sample);
}

function headersOf(config: Static<typeof Config>): [string, string][] {
  const headers = Object.entries(config.headers ?? {}).filter(([name]) => name.toLowerCase() !== "webhook-id");
  const named = headers.some(([name]) => name.toLowerCase() === "content-type");
  if (!named && bodyOf(config) !== null) {
    headers.push(["content-type", typeof config.body === "string" ? "text/plain;charset=utf-8" : "application/json"]);
  }
  return headers;
}

function ownHeadersOf({ headers = {} }: Static<typeof Config>, idempotencyKey: string): [string, string][] {
  const own: [string, string][] = [["webhook-id", idempotencyKey]];
  // A reply that is not compressed costs nobody anything.
  const named = Object.keys(headers).some((name) => name.toLowerCase() === "accept-encoding");
  return named ? own : [...own, ["accept-encoding", "identity"]];
}

function bodyOf({ method, body }: Static<typeof Config>): string | null {
  if (method === "GET" || body === undefined) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function isAccepted(status: number, accept: (number | string)[]): boolean {
  return status < 400 || accept.some((entry) => entry === status || entry === `${Math.floor(status / 100)}xx`);
}
