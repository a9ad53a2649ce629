import { type Static, Type } from "@sinclair/typebox";
import { shortened } from "../errors.ts";
import {
  faultsOfHeaders,
  type HeaderFault,
  reservedHeaders,
  sentHeaders,
  shownHeaders,
} from "../language/webhook/headers.ts";
import {
  faultOfTemplate,
  faultOfUrl,
  joinUrl,
  shownText,
  shownUrl,
  splitCredentials,
} from "../language/webhook/url.ts";
import { isObject, type Json, type JsonObject } from "../schemas/json/json.ts";
import { DEPTH_HEADER } from "../schemas/runs/depth.ts";
import { TRACEPARENT } from "../tracing/context.ts";
import { type ConfigFault, defineConnector, type HttpReply, ReplyUnread, StepFailure, type Tools } from "./index.ts";

const MAX_FOLLOWED = 10;
const FOLLOWED_BY_GET = 5;
const MAX_SHOWN_TARGET = 500;

const Config = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 8192, description: "http or https" }),
    method: Type.Union(
      ["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => Type.Literal(method)),
      { description: "Of the request" },
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 8192 }), { description: "At most 100, and 16 KiB" }),
    ),
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
          description: 'Statuses or classes such as "4xx" that succeed beside those below 300',
        },
      ),
    ),
    follow: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_FOLLOWED,
        description: `Redirects that are followed at most: ${FOLLOWED_BY_GET} for GET, else 0. One that is not fails the step`,
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "The request, and which answers succeed",
    examples: [{ method: "POST", url: "https://example.com/orders", body: { order: "${payload.order_id}" } }],
  },
);
type Config = Static<typeof Config>;

/** Calls an HTTP endpoint. A reply of 300 or above fails the step unless it is followed or `accept` names it. */
export default defineConnector({
  type: "webhook",
  kind: "effect",
  description: "Calls an HTTP endpoint, at least once, with the same webhook-id header on every attempt.",
  config: Config,
  check: ({ url, headers = {} }) => [
    ...faultsOfUrl(faultOfTemplate(url)),
    ...[...faultsOfHeaders(headers), ...reservedHeaders(headers)].map(inHeaders),
  ],
  join: new Map([["url", joinUrl]]),
  brought: new Map([["headers", (headers) => (isObject(headers) ? reservedHeaders(headers).map(inHeaders) : [])]]),
  shows: new Map([
    ["url", (url) => (typeof url === "string" ? shownText(url) : url)],
    ["headers", shownHeaders],
  ]),
  host: ({ url }) => {
    const host = URL.parse(url)?.host ?? null;
    // Of a placeholder that is not resolved.
    return host?.includes("{") ? null : host;
  },
  async run(config, tools) {
    // Placeholders are resolved by now: their values are checked like the text of the author.
    const [fault] = [...faultsOfUrl(faultOfUrl(config.url)), ...faultsOfHeaders(config.headers ?? {}).map(inHeaders)];
    if (fault !== undefined) {
      throw StepFailure.of("config_unfit", { place: `.${fault.path.join(".")}`, fault: fault.message });
    }
    const { url, authorization } = splitCredentials(config.url);
    const body = bodyOf(config);
    const headers = headersOf(config, body, authorization);
    const request = {
      url,
      method: config.method,
      headers,
      ownHeaders: ownHeadersOf(tools, headers),
      body,
      follow: config.follow ?? (config.method === "GET" ? FOLLOWED_BY_GET : 0),
    };
    const accept = config.accept ?? [];
    const reply = await tools.fetch(request).catch((error: unknown) => withoutBody(error, accept));
    const output = outputOf(config, reply);
    if (!isAccepted(reply.status, accept)) throw failureOf(reply, output);
    return output;
  },
});

function faultsOfUrl(message: string | null): ConfigFault[] {
  return message === null ? [] : [{ path: ["url"], message }];
}

function inHeaders({ name, message }: HeaderFault): ConfigFault {
  return { path: name === null ? ["headers"] : ["headers", name], message };
}

function outputOf({ url, method }: Config, reply: HttpReply): JsonObject {
  return {
    type: "webhook",
    status_code: reply.status,
    response_data: reply.data,
    url: shownUrl(reply.redirects > 0 ? reply.url : url),
    method,
    ...(reply.faults.count > 0 && { response_faults: { ...reply.faults } }),
  };
}

/** A status that fails the step says more than that its reply could not be read. @throws any other error, as it is */
function withoutBody(error: unknown, accept: (number | string)[]): HttpReply {
  if (!(error instanceof ReplyUnread) || isAccepted(error.reply.status, accept)) throw error;
  return { ...error.reply, data: null, faults: { count: 1, first: [{ path: [], fault: error.fault }] } };
}

function failureOf({ status, location, retryAfter, faults }: HttpReply, output: JsonObject): StepFailure {
  const details = { status, ...(retryAfter !== null && { retry_after: retryAfter }) };
  if (location === null) {
    const leftOut = faults.first.find(({ fault }) => fault === "size" || fault === "coding")?.fault;
    const unread = leftOut === "size" ? "http_status_alone" : "http_status_unread";
    return StepFailure.of(leftOut === undefined ? "http_status" : unread, { status }, output, details);
  }
  const target = shortened(shownUrl(location).replace(/\p{Cc}/gu, ""), MAX_SHOWN_TARGET);
  return StepFailure.of("http_redirect", { status, target }, output, details);
}

function headersOf(config: Config, body: string | null, authorization: string | null): [string, string][] {
  const headers = sentHeaders(config.headers ?? {});
  const add = (name: string, value: string | null) => {
    if (!isNamed(headers, name) && value !== null) headers.push([name, value]);
  };
  if (body !== null) {
    add("content-type", typeof config.body === "string" ? "text/plain;charset=utf-8" : "application/json");
  }
  add("authorization", authorization);
  // An uncompressed reply saves both sides work.
  add("accept-encoding", "identity");
  return headers;
}

/** An author who sends a trace of his own keeps it. */
function ownHeadersOf({ idempotencyKey, depth, traceparent }: Tools, headers: [string, string][]): [string, string][] {
  const own: [string, string][] = [
    ["webhook-id", idempotencyKey],
    [DEPTH_HEADER, String(depth + 1)],
  ];
  if (traceparent !== null && !isNamed(headers, TRACEPARENT)) own.push([TRACEPARENT, traceparent]);
  return own;
}

function isNamed(headers: [string, string][], name: string): boolean {
  return headers.some(([other]) => other.toLowerCase() === name);
}

function bodyOf({ method, body }: Config): string | null {
  if (method === "GET" || body === undefined) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function isAccepted(status: number, accept: (number | string)[]): boolean {
  return status < 300 || accept.some((entry) => entry === status || entry === `${Math.floor(status / 100)}xx`);
}
