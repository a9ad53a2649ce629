import { PlatformError } from "../../errors.ts";

export const MAX_STREAMS = 1000;

/** The streams that a process has at once: each keeps a connection. */
export class StreamPlaces {
  #taken = 0;
  #isClosed = false;

  /** Gives what frees the place, which may be called twice. @throws PlatformError too_many_streams, shutting_down */
  take(): () => void {
    if (this.#isClosed) throw new PlatformError("shutting_down");
    if (this.#taken >= MAX_STREAMS) throw new PlatformError("too_many_streams", "", { retryAfter: 5 });
    this.#taken++;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken--;
      isTaken = false;
    };
  }

  /** No stream begins any more. */
  close(): void {
    this.#isClosed = true;
  }
}
