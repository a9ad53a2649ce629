import { type HttpReply, StepFailure } from "../../../src/connectors/index.ts";
import { decodeText, parseContentType } from "./decoding.ts";
import { mendText, parseMended } from "./exact-json.ts";
import { inflate } from "./inflating.ts";

const MAX_REPLY_BYTES = 1024 * 1024;

/** What the head of a reply says of its body: the values of its headers, "" where it has none. */
export interface ReplyHead {
  contentType: string;
  contentEncoding: string;
}

/** Resolves when there is room to keep so many bytes more of a reply. */
export type TakeRoom = (bytes: number) => Promise<void> | void;

/**
 * Reads the body of a reply to its end: decompressed, decoded by its charset, and parsed where it says JSON and is.
 *
 * @throws StepFailure when it is over 1 MiB, or is not compressed as it says
 */
export async function readReply(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { contentType, contentEncoding }: ReplyHead,
  takeRoom: TakeRoom = () => {},
): Promise<Pick<HttpReply, "data" | "faults">> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const keep = (chunk: Uint8Array) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_REPLY_BYTES) throw StepFailure.of("reply_too_large", {});
    chunks.push(chunk);
    return takeRoom(chunk.byteLength);
  };
  if (Symbol.asyncIterator in body) for await (const chunk of body) await keep(chunk);
  else {
    for (const chunk of body) {
      const room = keep(chunk);
      if (room !== undefined) await room;
    }
  }
  const { essence, charset } = parseContentType(contentType);
  const text = decodeText(inflate(joined(chunks), contentEncoding, MAX_REPLY_BYTES), charset);
  const mended = /[/+]json$/.test(essence) ? parseMended(text) : null;
  return mended ?? mendText(text);
}

function joined(chunks: Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
