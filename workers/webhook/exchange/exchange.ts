/** One request and the head of its reply, sent again if it surely did not reach a server. */

import type { HttpRequest } from "../../../src/connectors/index.ts";
import type { Signal } from "../port.ts";
import type { Connections } from "./connections.ts";
import { NotReached, Stale } from "./failures.ts";
import { requestBytes } from "./request.ts";
import type { Routes } from "./routes.ts";
import type { Call, Reply } from "./under-way.ts";

/** How long to wait before the second and the third time, milliseconds. */
const PAUSES = [250, 1000];
const AGAIN_MILLISECONDS = 5000;

/**
 * Sends a request to its URL; up to three times within five seconds if no server can have acted on it.
 *
 * @throws StepFailure with a sentence; OutOfDescriptors; the signal's reason
 */
export async function exchange(
  request: HttpRequest,
  url: URL,
  { connections, routes }: { connections: Connections; routes: Routes },
  call: Call,
): Promise<Reply> {
  const { signal } = call;
  const route = routes.of(url);
  const bytes = requestBytes(request, url, route.target, route.extra);
  const start = performance.now();
  let isNew = false;
  for (let sent = 0; ; sent++) {
    try {
      if (signal.aborted) throw signal.reason;
      const connection =
        (isNew ? null : connections.takeKept(route.key)) ??
        (await connections.take(route.key, () => route.connect(signal), { isNew, signal }));
      return await connection.send(bytes, call);
    } catch (error) {
      const pause = PAUSES[sent];
      if (!(error instanceof NotReached) || pause === undefined) throw error;
      const wait = error instanceof Stale ? 0 : pause;
      if (performance.now() + wait - start > AGAIN_MILLISECONDS) throw error;
      isNew = true;
      if (wait > 0) await rest(wait, signal);
    }
  }
}

/** Waits for a time. @throws the signal's reason when it is aborted meanwhile */
function rest(milliseconds: number, signal: Signal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort);
  });
}
