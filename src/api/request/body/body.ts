import { systemClock } from "../../../clock.ts";
import { PlatformError, type RequestFault, ValidationFailed } from "../../../errors.ts";
import {
  endOfString,
  findJsonFaults,
  type Json,
  type JsonFault,
  type JsonFaultKind,
  MAX_DEPTH,
  MAX_FAULTS,
  pathsToOffsets,
} from "../../../schemas/json/json.ts";
import { endOfNumber, MIN_NORMAL } from "../../../schemas/json/numbers.ts";
import { ArrivingBodies } from "./arriving.ts";
import { decoded } from "./content-coding.ts";

export const MAX_BODY_BYTES = 1024 * 1024;

/** Whether a body of this type is JSON. */
export const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const arriving = new ArrivingBodies(systemClock);
const decoder = new TextDecoder("utf-8", { fatal: true });

const JSON_FAULTS: Record<Exclude<JsonFaultKind, "number" | "depth">, string> = {
  string: "The string holds NUL or a lone surrogate, which not every store can keep",
  key: "__proto__, constructor and prototype can't be keys",
};

/**
 * Reads a JSON body, once, and refuses what would not come back as it was sent.
 *
 * @param depth how deep arrays and objects may nest
 * @throws PlatformError unsupported_media_type, unsupported_encoding, payload_too_large, incomplete_body, request_timeout
 * @throws ValidationFailed for text that is no JSON or holds content that can't be kept
 */
export async function readBody(request: Request, depth: number = MAX_DEPTH): Promise<Json> {
  const contentType = request.headers.get("content-type");
  // Browsers send a body without a type, and of some other types, for any page that asks, and JSON for their own alone.
  if (contentType === null ? hasBody(request.headers) : !JSON_TYPE.test(contentType)) {
    throw new PlatformError("unsupported_media_type");
  }
  const bytes = await readEncoded(request);
  return readJson(decode(decodedBytes(request, bytes)), depth);
}

/** The value of a JSON text. @throws ValidationFailed for text that is no JSON or holds content that can't be kept */
export function readJson(text: string, depth: number = MAX_DEPTH): Json {
  const value = parse(text);
  const faults = findJsonFaults(text, { faults: MAX_FAULTS, depth });
  if (faults.length > 0) {
    const offsets = faults.map(({ offset }) => offset);
    const paths = pathsToOffsets(text, offsets);
    throw new ValidationFailed(
      faults.map((one, index) => fault(paths[index] ?? [], sentenceOf(one, text, depth), "value_error")),
    );
  }
  return value;
}

function sentenceOf({ kind, offset }: JsonFault, text: string, depth: number): string {
  if (kind === "depth") return `Arrays and objects nest deeper than ${depth}`;
  if (kind !== "number") return JSON_FAULTS[kind];
  const size = Math.abs(Number(text.slice(offset, endOfNumber(text, offset))));
  if (size < MIN_NORMAL) {
    return "The number is closer to 0 than a double can be with all its digits (2.2e-308); send it as a string, or 0";
  }
  if (size === Number.POSITIVE_INFINITY)
    return "The number is beyond the largest double (1.8e308); send it as a string";
  return "The number has more digits than a double, which holds integers up to 2^53 exactly; send it as a string";
}

/** The same of a body that may be left out, which is an empty object then. */
export async function readOptionalBody(request: Request): Promise<Json> {
  return hasBody(request.headers) ? readBody(request) : {};
}

function hasBody(headers: Headers): boolean {
  return Number(headers.get("content-length")) > 0 || headers.has("transfer-encoding");
}

/** The bytes of a body of any type as they came, which are what senders sign, and its text. @throws as readBody does */
export async function readSigned(request: Request): Promise<{ bytes: Uint8Array; text: string }> {
  const bytes = await readEncoded(request);
  return { bytes: new Uint8Array(bytes), text: decode(decodedBytes(request, bytes)) };
}

function decodedBytes({ headers }: Request, bytes: ArrayBuffer | Uint8Array): ArrayBuffer | Uint8Array {
  const coding = headers.get("content-encoding");
  return coding === null ? bytes : decoded(new Uint8Array(bytes), coding, MAX_BODY_BYTES);
}

/** The bytes of a body as they come. @throws PlatformError payload_too_large; the promise rejects as arriving.ts says */
function readEncoded(request: Request): Promise<ArrayBuffer | Uint8Array> {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > MAX_BODY_BYTES) throw new PlatformError("payload_too_large");
  return arriving.whole<ArrayBuffer | Uint8Array>(length === null ? readUnknownLength(request) : request.arrayBuffer());
}

/** Piece by piece, so that a body of unknown length never takes more memory than the limit. */
async function readUnknownLength(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new PlatformError("payload_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ValidationFailed([fault([], "The body is not UTF-8 text", "value_error")]);
  }
}

function parse(text: string): Json {
  if (text.trim() === "") throw new ValidationFailed([fault([], "Field required", "missing")]);
  try {
    return JSON.parse(text);
  } catch {
    throw new ValidationFailed([fault([brokenAt(text)], "JSON decode error", "json_invalid")]);
  }
}

/** About where the text stops being JSON: behind the last token that is one. */
function brokenAt(text: string): number {
  const token = /\s+|[{}[\]:,]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const end = text[at] === '"' ? endOfString(text, at) : at + (token.exec(text)?.[0].length ?? 0);
    if (end === at || end > text.length) break;
    at = end;
  }
  return at;
}

function fault(path: (string | number)[], msg: string, type: string): RequestFault {
  return { loc: ["body", ...path], msg, type };
}
