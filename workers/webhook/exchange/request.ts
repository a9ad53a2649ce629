/** Writes an HTTP/1.1 request (RFC 9112). */
import type { HttpRequest } from "../../../src/connectors/index.ts";

/** Headers that say how the request is framed, which is not for its author to say. */
const FRAMING = new Set(["host", "content-length", "transfer-encoding", "connection"]);
const NOT_ASCII = /[\u0080-\u00ff]/;
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/** The bytes of a request; `target` is what stands behind its method, `extra` lines that a proxy needs. */
export function requestBytes(
  { method, headers, ownHeaders, body }: HttpRequest,
  { host, username, password }: URL,
  target: string,
  extra = "",
): string | Uint8Array {
  let head = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${extra}`;
  let isAscii = true;
  const named = new Set<string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    named.add(key);
    if (FRAMING.has(key)) continue;
    head += `${name}: ${value}\r\n`;
    isAscii &&= !NOT_ASCII.test(value);
  }
  for (const [name, value] of ownHeaders) {
    head += `${name}: ${value}\r\n`;
    isAscii &&= !NOT_ASCII.test(value);
  }
  if (!named.has("user-agent")) head += "User-Agent: workflow-platform\r\n";
  if (!named.has("accept")) head += "Accept: */*\r\n";
  if (username + password !== "" && !named.has("authorization")) {
    head += `Authorization: ${basic(username, password)}\r\n`;
  }
  if (body !== null || WITH_BODY.has(method)) head += `Content-Length: ${Buffer.byteLength(body ?? "")}\r\n`;
  head += "\r\n";
  // Names, hosts and targets are ASCII.
  if (isAscii) return head + (body ?? "");
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")]);
}

/** RFC 7617, with the user and password of a URL. */
export function basic(username: string, password: string): string {
  const plain = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % stands for itself.
    return text;
  }
}
