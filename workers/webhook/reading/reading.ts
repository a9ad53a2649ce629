import type { HttpReply } from "../../../src/connectors/index.ts";
import { decodeText, parseContentType } from "./decoding.ts";
import { mendText, parseMended } from "./exact-json.ts";
import { inflate } from "./inflating.ts";

/** Of a body, as it comes and decompressed. */
export const MAX_REPLY_BYTES = 1024 * 1024;

/** The headers of a reply that describe its body; "" for one that it does not have. */
export interface ReplyHead {
  contentType: string;
  contentEncoding: string;
}

/**
 * Reads the whole body of a reply: decompressed, decoded by its charset, and parsed where it says JSON and is.
 *
 * @throws Unreadable when it is over 1 MiB decompressed, or not compressed as it says
 */
export function readReply(
  body: Uint8Array[],
  { contentType, contentEncoding }: ReplyHead,
): Pick<HttpReply, "data" | "faults"> {
  const { essence, charset } = parseContentType(contentType);
  const text = decodeText(inflate(joined(body), contentEncoding, MAX_REPLY_BYTES), charset);
  const mended = /[/+]json$/.test(essence) ? parseMended(text) : null;
  return mended ?? mendText(text);
}

function joined(chunks: Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
