/** Browsers give an origin six connections, so that of all its tabs one at a time has a stream. */

const LOCK = "workflows-live";

interface Turns {
  /** Has the stream until the signal is aborted, or there is nothing more to tell. */
  hold(signal: AbortSignal): Promise<void>;
  /** Does without until the signal is aborted. */
  wait(signal: AbortSignal): void;
}

/**
 * Takes the stream from whichever tab has it, as the one that is looked at. Where another one takes it in turn, waits until that
 * is closed or lets go of it, and goes on. Resolves once there is nothing more to tell, or the signal is aborted.
 */
export async function takeTurns(signal: AbortSignal, { hold, wait }: Turns): Promise<void> {
  // Where the page came without TLS from another machine there are no locks: each tab has its own stream.
  if (navigator.locks === undefined) return hold(signal);
  for (let options: LockOptions = { steal: true }; !signal.aborted; options = { signal }) {
    const [turn, waiting] = [new AbortController(), new AbortController()];
    if (options.steal !== true) wait(AbortSignal.any([signal, waiting.signal]));
    try {
      await navigator.locks.request(LOCK, options, () => {
        waiting.abort();
        return hold(AbortSignal.any([signal, turn.signal]));
      });
      return;
    } catch (error) {
      waiting.abort();
      turn.abort(new Error("another tab has the stream"));
      // Of a page that may have no locks, the stream is its own.
      if (!(error instanceof DOMException && error.name === "AbortError") && !signal.aborted) return hold(signal);
    }
  }
}
