import { type HttpReply, type HttpRequest, StepFailure } from "../../src/connectors/index.ts";
import { messageOf } from "../../src/errors.ts";
import type { Guard } from "./guard/guard.ts";
import { readReply } from "./reading.ts";

/**
 * One HTTP request with its reply read to the end.
 *
 * @throws StepFailure with a sentence when there is no reply in time, none at all, or one over 1 MiB.
 */
export async function exchange(
  { url, method, headers, body }: HttpRequest,
  guard: Guard,
  signal: AbortSignal,
): Promise<HttpReply> {
  try {
    const { protocol, hostname, port } = new URL(url);
    await guard.addressesOf(hostname, Number(port || (protocol === "https:" ? 443 : 80)));
    const response = await fetch(url, { method, headers, body, signal, redirect: "follow" });
    const data = await readReply(response.body ?? [], { contentType: response.headers.get("content-type") ?? "" });
    return { status: response.status, url, redirects: 0, location: null, data };
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    if (signal.aborted) throw new StepFailure("timeout", "The webhook was not answered in time");
    throw new StepFailure("network", `The webhook could not be sent: ${messageOf(error)}`);
  }
}
