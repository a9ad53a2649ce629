import type { Clock } from "../../../clock.ts";
import { PlatformError } from "../../../errors.ts";

/** How long a body may take in all, however steadily its bytes come. */
const BODY_MILLISECONDS = 30_000;
const LOOK_MILLISECONDS = 1000;

interface Arriving {
  since: number;
  giveUp(error: PlatformError): void;
}

/** The bodies that are on their way. One timer looks after all of them: one for each would cost every request 0.3 µs. */
export class ArrivingBodies {
  readonly #clock: Clock;
  /** In the order in which they began. */
  readonly #bodies = new Set<Arriving>();
  #looking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What a reading gives.
   *
   * @throws PlatformError request_timeout when it takes longer than 30 s: it goes on unheard; its own PlatformError;
   * incomplete_body for any other error: the client went away in the middle of its upload, gets no answer, and nothing is logged
   */
  whole<Body>(reading: Promise<Body>): Promise<Body> {
    return new Promise((resolve, reject) => {
      const body = { since: this.#clock.monotonic(), giveUp: reject };
      this.#bodies.add(body);
      reading.then(
        (read) => {
          this.#bodies.delete(body);
          resolve(read);
        },
        (error: unknown) => {
          this.#bodies.delete(body);
          reject(error instanceof PlatformError ? error : new PlatformError("incomplete_body", "", { cause: error }));
        },
      );
      if (!this.#looking) this.#lookLater();
    });
  }

  #lookLater(): void {
    this.#looking = true;
    this.#clock.timer(LOOK_MILLISECONDS, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.monotonic();
    for (const body of this.#bodies) {
      if (now - body.since < BODY_MILLISECONDS) break;
      this.#bodies.delete(body);
      body.giveUp(new PlatformError("request_timeout"));
    }
    this.#looking = false;
    if (this.#bodies.size > 0) this.#lookLater();
  }
}
