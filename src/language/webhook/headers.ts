/** The headers that an author may give a webhook. */
import { isObject, type Json } from "../../schemas/json/json.ts";

export type Headers = Readonly<Record<string, string>>;

const MAX_HEADERS = 100;
const MAX_BYTES = 16 * 1024;

// RFC 9110, 5.6.2: a header name is a token.
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// RFC 9110, 5.5: the characters of a field value.
const NOT_LATIN = /[^\p{ASCII}\u0080-\u00ff]/u;
const CONTROL = /(?!\t)\p{Cc}/u;

/** Headers of the connection (RFC 9110, 7.6.1), of the length of the body, or of the platform. */
const OURS =
  /^(?:connection|content-length|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|webhook-id|x-workflow-depth)$/i;
const RESERVED = /^(?:host|webhook-.*)$/i;

/** A fault of a header, by its name, or of all of them. */
export interface HeaderFault {
  name: string | null;
  message: string;
}

/** The faults in headers, whether their placeholders are resolved or not. */
export function faultsOfHeaders(headers: Headers): HeaderFault[] {
  const all = Object.entries(headers);
  const bytes = all.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (all.length > MAX_HEADERS || bytes > MAX_BYTES) {
    const size = all.length > MAX_HEADERS ? `${all.length} headers` : `${bytes} bytes`;
    return [{ name: null, message: `A webhook has at most 100 headers and 16 KiB of them; these are ${size}` }];
  }
  return all.flatMap(([name, value]) => {
    const message = faultOfHeader(name, value);
    return message === null ? [] : [{ name, message }];
  });
}

function faultOfHeader(name: string, value: string): string | null {
  if (!HEADER_NAME.test(name)) return "A header name holds letters, digits and - only";
  if (CONTROL.test(value)) return "A header value holds no control characters";
  return NOT_LATIN.test(value) ? "A header value holds characters of Latin-1 only" : null;
}

/** Headers that no new definition may have, and no placeholder may bring, because the platform or the connection sets them. */
export function reservedHeaders(headers: Readonly<Record<string, Json>>): HeaderFault[] {
  return Object.keys(headers)
    .filter((name) => OURS.test(name) || RESERVED.test(name))
    .map((name) => ({ name, message: "This header is set by the platform" }));
}

/**
 * The headers that are sent. Definitions from before these names were reserved keep their meaning: `host` and `webhook-*` are
 * sent, headers of the platform or the connection are not.
 */
export function sentHeaders(headers: Headers): [name: string, value: string][] {
  return Object.entries(headers).filter(([name]) => !OURS.test(name));
}

/** Headers that prove who somebody is, as far as their names say so. */
const SECRET =
  /authoriz|auth(?!or)|cookie|signature|secret|passw(?:or)?d|credential|token|jwt|session|csrf|(?:^|[-_.])pin(?:$|[-_.])|(?<!idempotency)[-_.]key$|(?:api|access|private)key/i;

/** Headers as they may be shown: without the values of those that prove who somebody is. */
export function shownHeaders(headers: Json): Json {
  if (!isObject(headers)) return headers;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = null]): [string, Json] => [name, SECRET.test(name) ? "***" : value]),
  );
}
