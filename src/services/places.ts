import { type ErrorCode, PlatformError } from "../errors.ts";

/** Places of requests that a process has at once: each keeps a connection. */
export class Places {
  readonly #most: number;
  readonly #refusal: ErrorCode;
  readonly #retryAfter: number;
  #taken = 0;
  #isClosed = false;

  /** `refusal` is what one too many is told, and `retryAfter` after how many seconds it may come again. */
  constructor(most: number, refusal: ErrorCode, retryAfter = 1) {
    this.#most = most;
    this.#refusal = refusal;
    this.#retryAfter = retryAfter;
  }

  /** Gives what frees the place, which may be called twice. @throws PlatformError the refusal, or shutting_down */
  take(): () => void {
    if (this.#isClosed) throw new PlatformError("shutting_down");
    if (this.#taken >= this.#most) throw new PlatformError(this.#refusal, "", { retryAfter: this.#retryAfter });
    this.#taken++;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken--;
      isTaken = false;
    };
  }

  /** None is given any more. */
  close(): void {
    this.#isClosed = true;
  }
}
