/** The address of a webhook: the text of its author, and the values of placeholders in it. */
import { splitText, wholePlaceholder } from "../placeholder.ts";

const AUTHORITY = /^https?:\/\/[^/\\?#]*$/i;
const BEHIND_AUTHORITY = /^https?:\/\/[^/\\?#]+[/\\?#]/i;
// A URL parser passes over all slashes before the authority, and takes either kind (WHATWG URL, 4.4).
const USER_INFO = /^(https?:\/\/[/\\]*)([^/\\?#]*)@/i;
const HOST_CHARACTERS = /^[A-Za-z0-9.-]*$/;
const MARK = "\0";
const CONTROL = /\p{Cc}/u;
// Path segments that a URL parser resolves as the folder itself or the one above (WHATWG URL, 4.1).
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

const NO_URL = "Input should be an http or https URL, such as https://example.com/hook";
const FIXED =
  "A placeholder inside a url can't change its scheme or host: write these out, or let the whole url be one placeholder";
const HOST =
  "A placeholder in the host of a url stands for whole parts of its name, and brings letters, digits, dots and hyphens only";
const CLIMBS = "A placeholder inside a url can't make a part of its path . or ..";

/** The fault of an address in a definition, placeholders unresolved; null for none. */
export function faultOfTemplate(url: string): string | null {
  if (wholePlaceholder(url) !== null) return null;
  const { fixed, sources } = splitText(url);
  const sample = joinUrl(
    fixed,
    sources.map(() => "1"),
  );
  return typeof sample === "string" ? faultOfUrl(sample) : sample.fault;
}

/** The fault of an address without placeholders; null for none. */
export function faultOfUrl(url: string): string | null {
  return /^https?:\/\//i.test(url) && !CONTROL.test(url) && URL.canParse(url) ? null : NO_URL;
}

/**
 * An address put together from its fixed parts and what placeholders bring in between. In the path, the query and the
 * credentials that is percent-encoded, so that it stays where it stands; in the host it may hold nothing to be encoded.
 */
export function joinUrl(fixed: readonly string[], brought: readonly string[]): string | { fault: string } {
  let url = fixed[0] ?? "";
  // The same with a mark behind everything that was brought.
  let marked = url;
  for (const [index, value] of brought.entries()) {
    const after = fixed[index + 1] ?? "";
    const inHost = !BEHIND_AUTHORITY.test(url) && !isBeforeAt(fixed.slice(index + 1));
    const fault = inHost ? faultInHost(url, value, after) : null;
    if (fault !== null) return { fault };
    const written = inHost ? value : encodeURIComponent(value.toWellFormed());
    url += written + after;
    marked += written + MARK + after;
  }
  return climbs(marked) ? { fault: CLIMBS } : url;
}

/** The fault of a value at the end of an address that is still within its host; null for none. */
function faultInHost(url: string, value: string, after: string): string | null {
  if (!AUTHORITY.test(url)) return FIXED;
  if (/:\d*$/.test(url)) return /^\d*$/.test(value) ? null : HOST;
  // Right behind a fixed name it could make that another's: example.com${payload.x} and ".evil.test".
  const bounded = /[/@.]$/.test(url) || /^[.-][^.:/\\?#]/.test(after);
  return bounded && HOST_CHARACTERS.test(value) ? null : HOST;
}

/** Whether a part of the path with something brought in it is a step to the folder itself or above it. */
function climbs(marked: string): boolean {
  const [path = ""] = marked.split(/[?#]/, 1);
  return path.split(/[/\\]/).some((part) => part.includes(MARK) && DOT_SEGMENT.test(part.replaceAll(MARK, "")));
}

/** Whether the authority goes on to an `@`: what stands before it are credentials. */
function isBeforeAt(after: readonly string[]): boolean {
  return /^[^/\\?#]*@/.test(after.join(""));
}

/** The address without its user and password, and the header that says them (RFC 7617); null where it has none. */
export function splitCredentials(url: string): { url: string; authorization: string | null } {
  if (!USER_INFO.test(url)) return { url, authorization: null };
  const parsed = new URL(url);
  const credentials = `${decoded(parsed.username)}:${decoded(parsed.password)}`;
  parsed.username = "";
  parsed.password = "";
  return { url: parsed.href, authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that is no escape: sent as it is.
    return text;
  }
}

/** The address as it may be shown: without the user and password that it may hold. */
export function shownUrl(url: string): string {
  return url.replace(USER_INFO, "$1***@");
}
