import type { BreakerState } from "../breaker.ts";
import type { Clock } from "../clock.ts";
import { PlatformError } from "../errors.ts";

/** A service that this process stands on. */
export interface Part {
  name: string;
  /** Without it nothing can be answered; the others only make it slower. */
  needed: boolean;
  /** Resolves or rejects. */
  check(): Promise<void>;
  /** The breaker before it; null where work goes to it whatever happens. */
  breaker: (() => BreakerState) | null;
}

/** What a process stands on, by name. */
export interface Readiness {
  parts: Record<string, "up" | "down">;
  breakers: Record<string, BreakerState>;
}

const PATIENCE_MILLISECONDS = 1000;

/** Whether this process can do its work. */
export class ReadinessService {
  readonly #parts: Part[];
  readonly #clock: Clock;
  #draining = false;

  constructor(parts: Part[], clock: Clock) {
    this.#parts = parts;
    this.#clock = clock;
  }

  /** From now on this process is not ready: it is ending. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * The state of every part, and of the breakers.
   *
   * @throws PlatformError not_ready, naming the needed parts that are out with their breakers; shutting_down
   */
  async check(): Promise<Readiness> {
    if (this.#draining) throw new PlatformError("shutting_down");
    const up = await Promise.all(this.#parts.map((part) => this.#isUp(part)));
    const out = this.#parts.filter(({ needed }, index) => needed && !up[index]);
    if (out.length > 0) throw new PlatformError("not_ready", out.map(nameOut).join(", "));
    return {
      parts: Object.fromEntries(this.#parts.map(({ name }, index) => [name, up[index] ? "up" : "down"])),
      breakers: Object.fromEntries(
        this.#parts.flatMap(({ name, breaker }) => (breaker === null ? [] : [[name, breaker()]])),
      ),
    };
  }

  async #isUp({ check }: Part): Promise<boolean> {
    let cancel = () => {};
    const patience = new Promise<boolean>((resolve) => {
      cancel = this.#clock.timer(PATIENCE_MILLISECONDS, () => resolve(false));
    });
    const answer = check().then(
      () => true,
      () => false,
    );
    return Promise.race([answer, patience]).finally(cancel);
  }
}

function nameOut({ name, breaker }: Part): string {
  return breaker === null ? name : `${name} (breaker ${breaker()})`;
}
