import { type HttpReply, type HttpRequest, StepFailure } from "../../src/connectors/index.ts";
import type { Guard } from "./guard/guard.ts";
import { readReply } from "./reading.ts";

/**
 * One HTTP request with its reply read to the end.
 *
 * @throws StepFailure with a sentence when there is no reply in time, none at all, or one over 1 MiB.
 */
export async function exchange(request: HttpRequest, guard: Guard, signal: AbortSignal): Promise<HttpReply> {
  const { url, method, headers, ownHeaders, body } = request;
  try {
    const { protocol, hostname, port } = new URL(url);
    await guard.addressesOf(hostname, Number(port || (protocol === "https:" ? 443 : 80)));
    const response = await fetch(url, {
      method,
      headers: [...headers, ...ownHeaders],
      body,
      signal,
      redirect: "follow",
      decompress: false,
    });
    const { status } = response;
    const reply = await readReply(response.body ?? [], {
      contentType: response.headers.get("content-type") ?? "",
      contentEncoding: response.headers.get("content-encoding") ?? "",
    });
    return { status, url, redirects: 0, location: null, ...reply };
  } catch (error) {
    if (error instanceof StepFailure) throw error;
    throw StepFailure.of(signal.aborted ? "not_answered_in_time" : "no_reply", {});
  }
}
