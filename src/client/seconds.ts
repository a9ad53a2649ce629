/** Time as this client counts it: in seconds. */

/** Of a timer: whole ones, and no more than timers can wait. */
export function milliseconds(seconds: number): number {
  return Math.min(Math.ceil(seconds * 1000), 2 ** 31 - 1);
}

/** @throws the reason of the signal */
export async function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  // Node 20 has no Promise.withResolvers.
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds(seconds));
    signal?.addEventListener("abort", stop, { once: true });
  });
}
