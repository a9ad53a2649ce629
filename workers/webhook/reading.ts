import { StepFailure } from "../../src/connectors/index.ts";
import { findJsonFaults, type Json } from "../../src/schemas/json.ts";

const MAX_REPLY_BYTES = 1024 * 1024;

/** What the head of a reply says of its body. */
export interface ReplyHead {
  contentType: string;
}

/**
 * Reads the body of a reply to its end.
 *
 * @throws StepFailure when it is over 1 MiB
 */
export async function readReply(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { contentType }: ReplyHead,
): Promise<Json> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_REPLY_BYTES) throw new StepFailure("output", "The webhook's reply is over 1 MiB");
    chunks.push(chunk);
  }
  return dataOf(contentType, new TextDecoder().decode(Buffer.concat(chunks)));
}

/** Parsed where the reply says JSON and every store would give it back unchanged; else its text. */
function dataOf(contentType: string, text: string): Json {
  if (/[/+]json\b/i.test(contentType) && text !== "") {
    try {
      const data: Json = JSON.parse(text);
      if (findJsonFaults(text).every(({ kind }) => kind === "key")) return data;
    } catch {
      // A reply that says JSON and is not stays text, as the contract has it.
    }
  }
  return text.replaceAll("\0", "\uFFFD");
}
