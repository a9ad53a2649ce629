import { type HttpReply, type HttpRequest, StepFailure } from "../../src/connectors/index.ts";
import { messageOf } from "../../src/errors.ts";
import { readReply } from "./reading.ts";

/**
 * One HTTP request with its reply read to the end.
 *
 * @throws StepFailure with a sentence when there is no reply in time, none at all, or one over 1 MiB.
 */
export async function exchange({ url, method, headers, body }: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
  try {
    const response = await fetch(url, { method, headers, body, signal, redirect: "follow" });
    const data = await readReply(response.body ?? [], { contentType: response.headers.get("content-type") ?? "" });
    return { status: response.status, url, data };
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    if (signal.aborted) throw new StepFailure("timeout", "The webhook was not answered in time");
    throw new StepFailure("network", `The webhook could not be sent: ${messageOf(error)}`);
  }
}
