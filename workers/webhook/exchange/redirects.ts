import { isUtf8 } from "node:buffer";
import type { HttpRequest } from "../../../src/connectors/index.ts";
import type { ReplyHead } from "./reply-parser.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Where a reply leads; null when it is no redirect. */
export function locationOf(reply: ReplyHead, url: URL): string | null {
  if (!REDIRECTS.has(reply.status)) return null;
  const header = reply.header("location");
  if (header === null) return null;
  // The parser reads a byte as a character; bytes beyond ASCII, which RFC 3986 forbids, are UTF-8 from most servers.
  const bytes = Buffer.from(header, "latin1");
  const location = isUtf8(bytes) ? bytes.toString() : header;
  return URL.canParse(location, url.href) ? new URL(location, url).href : null;
}

/** The request that follows a redirect; null where it leads to no address of HTTP. */
export function followed(request: HttpRequest, url: URL, status: number, location: string): HttpRequest | null {
  const target = new URL(location);
  if (target.protocol !== "http:" && target.protocol !== "https:") return null;
  // The author's headers may be secrets of the first origin; only those of the body are sent to another.
  const isSame = target.origin === url.origin;
  const headers = isSame ? request.headers : request.headers.filter(([name]) => /^content-type$/i.test(name));
  // RFC 9110, 15.4.4: the result is to be got elsewhere. All others ask for the same at another place.
  if (status !== 303) return { ...request, url: target.href, headers };
  const bodiless = headers.filter(([name]) => !/^content-/i.test(name));
  return { ...request, method: "GET", url: target.href, headers: bodiless, body: null };
}
