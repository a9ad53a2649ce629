import { gunzipSync } from "node:zlib";
import { codeOf, PlatformError } from "../../../errors.ts";

/**
 * A body without its Content-Encoding. Never gives, nor holds, more than `limit` bytes, however many they would become.
 *
 * @throws PlatformError payload_too_large; unsupported_encoding for any coding but gzip, and for damaged gzip
 */
export function decoded(bytes: Uint8Array, coding: string, limit: number): Uint8Array {
  const name = coding.trim().toLowerCase();
  if (name === "" || name === "identity") return bytes;
  if (name !== "gzip" && name !== "x-gzip") throw new PlatformError("unsupported_encoding");
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const isTooLarge = codeOf(error) === "ERR_BUFFER_TOO_LARGE";
    throw new PlatformError(isTooLarge ? "payload_too_large" : "unsupported_encoding", "", { cause: error });
  }
}
