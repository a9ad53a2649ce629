/** What the API reads of a request beside the headers that a browser sends for any page, and tells beside those that it shows any. */
const REQUEST_HEADERS =
  "Content-Encoding, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Traceparent, X-Read-After, X-Request-ID, X-Workflow-Depth";
const REPLY_HEADERS = "Allow, Date, ETag, Idempotent-Replayed, Retry-After, X-Read-After, X-Request-ID";
/** How long a browser may remember the answer to a preflight. */
const PREFLIGHT_SECONDS = "600";

/**
 * Whether a browser sends this for a page of another origin. `Sec-Fetch-Site` says so where browsers send it, which they do
 * to loopback and over TLS; else it is what `Origin` says beside `Host`. Other clients send neither.
 */
export function isCrossSite(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === "same-origin") return false;
  if (site === "cross-site" || site === "same-site") return true;
  const origin = headers.get("origin");
  return origin !== null && !isOriginOf(origin, headers.get("host"));
}

/** Whether this is the origin of pages from that host. A proxy may have taken off TLS, so schemes are not compared. */
function isOriginOf(origin: string, host: string | null): boolean {
  const page = URL.parse(origin);
  // Both written in one way: without the port that is the scheme's own.
  return page !== null && page.host !== "" && page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}

/** Whether a browser asks if it may send something for a page. */
export function isPreflight({ method, headers }: Request): boolean {
  return method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");
}

/** The answer to a preflight of an origin that may send everything the API takes. */
export function preflightReply(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": PREFLIGHT_SECONDS,
    },
  });
}

/** Has the browser show an answer to the page that asked. Without credentials: there are none. */
export function shownTo(origin: string, { headers }: Response): void {
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", REPLY_HEADERS);
}
