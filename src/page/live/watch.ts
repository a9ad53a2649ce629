/**
 * Whether the platform can do its work, asked now and then while somebody looks: a stream on which nothing comes looks the
 * same whether nothing happens, or the database does not answer, and a view without one would never know.
 */
import { answered, failed, type Outage, outage } from "../data/outage.ts";
import { platform } from "../data/platform.ts";
import { problemOf } from "../data/problem.ts";

const USUAL_SECONDS = 5;

interface Watched {
  /** Whether what is shown relies on that: a view with nothing to follow says that it is live as well. */
  isNeeded(): boolean;
  /** The platform can do its work again. */
  back(): void;
}

export class Watch {
  readonly #watched: Watched;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  /** What it has said itself: others know better when what they ask is answered again. */
  #said: Outage | null = null;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#askIn(USUAL_SECONDS);
  }

  /** Asks at once. */
  async ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askIn(await this.#look());
    this.#isAsking = false;
  }

  #askIn(seconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#said !== null || this.#watched.isNeeded()) this.ask();
      else this.#askIn(USUAL_SECONDS);
    }, seconds * 1000);
  }

  /** @returns seconds until it is worth while to ask again */
  async #look(): Promise<number> {
    try {
      await platform.ready();
    } catch (error) {
      const problem = problemOf(error);
      if (!problem.isOutage) return USUAL_SECONDS;
      failed(problem, () => this.ask());
      this.#said = outage.peek();
      return problem.retryAfter ?? USUAL_SECONDS;
    }
    if (this.#said !== null && this.#said === outage.peek()) {
      answered();
      this.#watched.back();
    }
    this.#said = null;
    return USUAL_SECONDS;
  }
}
