import { type HttpReply, type HttpRequest, StepFailure } from "../src/connectors/index.ts";
import { messageOf } from "../src/errors.ts";

const MAX_REPLY_BYTES = 1024 * 1024;

/**
 * One HTTP request with its reply read to the end.
 *
 * @throws StepFailure with a sentence when there is no reply in time, none at all, or one over 1 MiB.
 */
export async function fetchReply({ url, method, headers, body }: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
  try {
    const response = await fetch(url, { method, headers, body, signal, redirect: "follow" });
    const text = await readText(response);
    return { status: response.status, contentType: response.headers.get("content-type") ?? "", text };
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    if (signal.aborted) throw new StepFailure("The webhook was not answered in time");
    throw new StepFailure(`The webhook could not be sent: ${messageOf(error)}`);
  }
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_REPLY_BYTES) throw new StepFailure("The webhook's reply is over 1 MiB");
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
