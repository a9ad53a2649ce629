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
      "access-control-allow-headers": "Content-Type, Content-Encoding, If-Match, X-Read-After, X-Request-ID",
      "access-control-max-age": PREFLIGHT_SECONDS,
    },
  });
}

/** Has the browser show an answer to the page that asked. Without credentials: there are none. */
export function shownTo(origin: string, { headers }: Response): void {
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", "Allow, Retry-After, X-Read-After, X-Request-ID");
}
