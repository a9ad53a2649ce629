import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import { codeOf } from "../../../src/errors.ts";
import { Unreadable } from "./unreadable.ts";
import { endOfFrames } from "./zstd-frames.ts";

/** More in a row are none that a server means, and each is work that it can choose. */
const MAX_CODINGS = 4;
/** Log of the 8 MiB that a window of zstd may have in HTTP (RFC 9659). */
const ZSTD_WINDOW = 23;

/**
 * Undoes the content codings of a whole body, the last one first (RFC 9110, 8.4), each with at most so many bytes of output:
 * larger bodies are given up at the bound, so that memory is bounded for any body.
 *
 * @throws Unreadable reply_too_large, reply_corrupt, reply_coding_unknown, reply_codings
 */
export function inflate(body: Uint8Array, contentEncoding: string, maxBytes: number): Uint8Array {
  if (contentEncoding === "") return body;
  const codings = contentEncoding
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length > MAX_CODINGS) throw Unreadable.coding("reply_codings", { count: MAX_CODINGS });
  return codings.reduceRight((bytes, coding) => (bytes.length === 0 ? bytes : decode(bytes, coding, maxBytes)), body);
}

function decode(bytes: Uint8Array, coding: string, maxBytes: number): Uint8Array {
  const options = { maxOutputLength: maxBytes, info: true };
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return whole(coding, bytes, () => gunzipSync(bytes, options));
    case "deflate":
      return whole(coding, bytes, () => (hasZlibHeader(bytes) ? inflateSync : inflateRawSync)(bytes, options));
    case "br":
      return whole(coding, bytes, () => brotliDecompressSync(bytes, options));
    case "zstd":
      return zstd(bytes, maxBytes);
    default:
      throw Unreadable.coding("reply_coding_unknown", { coding: coding.slice(0, 40) });
  }
}

/** Some servers send deflate data without the zlib header that the coding has (RFC 9110, 8.4.1.2). */
function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 15) === 8 && ((first << 8) | second) % 31 === 0;
}

function zstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const end = endOfFrames(bytes);
  if (end === null || end === 0 || !isPadding(bytes.subarray(end))) {
    throw Unreadable.coding("reply_corrupt", { coding: "zstd" });
  }
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW };
  const options = { maxOutputLength: maxBytes, info: true, params };
  return attempt("zstd", () => zstdDecompressSync(bytes.subarray(0, end), options)).buffer;
}

/** The output, if nothing but padding follows the compressed data. */
function whole(coding: string, bytes: Uint8Array, decompress: () => unknown): Uint8Array {
  const { buffer, engine } = attempt(coding, decompress);
  if (!isPadding(bytes.subarray(engine.bytesWritten))) throw Unreadable.coding("reply_corrupt", { coding });
  return buffer;
}

interface Decompressed {
  buffer: Uint8Array;
  engine: { bytesWritten: number };
}

function attempt(coding: string, decompress: () => unknown): Decompressed {
  let result: unknown;
  try {
    result = decompress();
  } catch (error) {
    const tooLarge = codeOf(error) === "ERR_BUFFER_TOO_LARGE";
    throw tooLarge ? Unreadable.size() : Unreadable.coding("reply_corrupt", { coding });
  }
  if (!isDecompressed(result)) throw new Error("zlib gave no info of its engine");
  return result;
}

/** What zlib gives with `info`, which its types leave out. */
function isDecompressed(value: unknown): value is Decompressed {
  return typeof value === "object" && value !== null && "buffer" in value && "engine" in value;
}

/** Some servers fill up with zeros. */
function isPadding(rest: Uint8Array): boolean {
  return rest.every((byte) => byte === 0);
}
