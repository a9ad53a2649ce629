/** The address of a webhook: the text of its author, and the values of placeholders in it. */
import { splitText, wholePlaceholder } from "../placeholder.ts";

const SCHEME = /^https?:\/\//i;
const END_OF_AUTHORITY = /[/\\?#]/;
const AT_OR_END = /[@/\\?#]/;
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
  const scheme = SCHEME.exec(url)?.[0] ?? null;
  const authority = new Authority(scheme, url.slice(scheme?.length ?? 0));
  const beforeAt = beforeAts(fixed);
  for (const [index, value] of brought.entries()) {
    const after = fixed[index + 1] ?? "";
    const inHost = authority.state !== "over" && beforeAt[index + 1] !== true;
    const fault = inHost ? authority.faultOf(value, after) : null;
    if (fault !== null) return { fault };
    const written = inHost ? value : encodeURIComponent(value.toWellFormed());
    url += written + after;
    marked += written + MARK + after;
    authority.add(written + after);
  }
  return climbs(marked) ? { fault: CLIMBS } : url;
}

/** The authority of an address that is put together. Each part is looked at once: an author may write thousands of them. */
class Authority {
  /** `none` where nothing of it can come any more, or no scheme is written out. */
  state: "none" | "open" | "over";
  #length = 0;
  /** Its last character; that of the scheme before it. */
  #last: string;
  /** Whether it ends within a port. */
  #inPort = false;

  constructor(scheme: string | null, text: string) {
    this.state = scheme === null ? "none" : "open";
    this.#last = scheme?.at(-1) ?? "";
    this.add(text);
  }

  add(text: string): void {
    if (this.state !== "open") return;
    const end = text.search(END_OF_AUTHORITY);
    if (end >= 0) this.state = this.#length + end > 0 ? "over" : "none";
    this.#length += text.length;
    this.#last = text.at(-1) ?? this.#last;
    this.#inPort = /:\d*$/.test(text) || (this.#inPort && /^\d*$/.test(text));
  }

  /** The fault of a value at its end, in its host; null for none. */
  faultOf(value: string, after: string): string | null {
    if (this.state === "none") return FIXED;
    if (this.#inPort) return /^\d*$/.test(value) ? null : HOST;
    // Right behind a fixed name it could make that another's: example.com${payload.x} and ".evil.test".
    const bounded = /[/@.]/.test(this.#last) || /^[.-][^.:/\\?#]/.test(after);
    return bounded && HOST_CHARACTERS.test(value) ? null : HOST;
  }
}

/** Whether a part of the path with something brought in it is a step to the folder itself or above it. */
function climbs(marked: string): boolean {
  const [path = ""] = marked.split(/[?#]/, 1);
  return path.split(/[/\\]/).some((part) => part.includes(MARK) && DOT_SEGMENT.test(part.replaceAll(MARK, "")));
}

/** For each part, whether the authority goes on from its begin to an `@`: what stands before that are credentials. */
function beforeAts(fixed: readonly string[]): boolean[] {
  let isBefore = false;
  const all = fixed.toReversed().map((text) => {
    const found = text.search(AT_OR_END);
    if (found >= 0) isBefore = text[found] === "@";
    return isBefore;
  });
  return all.reverse();
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

/** The same of a text that may be no address of ours at all: then nothing is shown of what may be a user and a password. */
export function shownText(text: string): string {
  const isOurs = /^https?:\/\//i.test(text) && URL.canParse(text);
  return isOurs ? shownUrl(text) : text.replace(/^.*@/s, "***@");
}
