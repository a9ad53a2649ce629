import type { Clock } from "../clock.ts";
import { PlatformError } from "../errors.ts";
import type { BreakerState } from "../resilience/breaker.ts";

/** `degraded`: it answers, and does a part of its work badly or not at all. */
export type PartState = "up" | "degraded" | "down";

/** A service that this process stands on. */
export interface Part {
  name: string;
  /** Without it nothing can be answered; the others only make it slower. */
  needed: boolean;
  /** Rejects when it is down. */
  check(): Promise<Exclude<PartState, "down">>;
  /** The breaker before it; null where it has none. */
  breaker: (() => BreakerState) | null;
}

/** The services that a process depends on, by name. */
export interface Readiness {
  parts: Record<string, PartState>;
  breakers: Record<string, BreakerState>;
}

/** What a look found. */
export interface Look extends Readiness {
  /** The needed parts that are out, with their breakers; empty where none is. */
  out: string;
}

const PATIENCE_MILLISECONDS = 1000;
/** How long an answer is used again, so that calls in a loop cost the services no more than one a second. */
const FRESH_MILLISECONDS = 1000;

/** Whether this process can do its work. */
export class ReadinessService {
  readonly #parts: Part[];
  readonly #clock: Clock;
  #draining = false;
  /** The last look, under way or done, and when it began. */
  #look: Promise<Look> | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking = false;
  /** The checks that have not been answered yet: a part that is asked in vain is not asked again meanwhile. */
  readonly #asked = new Map<Part, Promise<PartState>>();

  constructor(parts: Part[], clock: Clock) {
    this.#parts = parts;
    this.#clock = clock;
  }

  /** From now on this process is not ready: it is ending. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * The state of every part, and of the breakers, at most a second old. Concurrent calls share one look.
   *
   * @throws PlatformError not_ready, naming the needed parts that are out with their breakers; shutting_down
   */
  async check(): Promise<Readiness> {
    if (this.#draining) throw new PlatformError("shutting_down");
    const { out, ...readiness } = await this.#lookIfOld();
    if (out !== "") throw new PlatformError("not_ready", out);
    return readiness;
  }

  /** The state of every part and breaker, and what is needed and out, from the same look; it never throws. */
  look(): Promise<Look> {
    return this.#lookIfOld();
  }

  /** The state of every part by its name, from the same look, whatever is out. */
  async states(): Promise<Record<string, PartState>> {
    return (await this.#lookIfOld()).parts;
  }

  #lookIfOld(): Promise<Look> {
    const isFresh = this.#looking || this.#clock.monotonic() - this.#lookedAt < FRESH_MILLISECONDS;
    if (this.#look !== null && isFresh) return this.#look;
    this.#lookedAt = this.#clock.monotonic();
    this.#looking = true;
    this.#look = this.#lookAtAll().finally(() => {
      this.#looking = false;
    });
    return this.#look;
  }

  async #lookAtAll(): Promise<Look> {
    const states = await Promise.all(this.#parts.map((part) => this.#stateOf(part)));
    const out = this.#parts.filter(({ needed }, index) => needed && states[index] === "down");
    return {
      parts: Object.fromEntries(this.#parts.map(({ name }, index) => [name, states[index] ?? "down"])),
      breakers: Object.fromEntries(
        this.#parts.flatMap(({ name, breaker }) => (breaker === null ? [] : [[name, breaker()]])),
      ),
      out: out.map(nameOut).join(", "),
    };
  }

  async #stateOf(part: Part): Promise<PartState> {
    const answer = this.#asked.get(part) ?? this.#ask(part);
    let cancel = () => {};
    const patience = new Promise<PartState>((resolve) => {
      cancel = this.#clock.timer(PATIENCE_MILLISECONDS, () => resolve("down"));
    });
    return Promise.race([answer, patience]).finally(cancel);
  }

  #ask(part: Part): Promise<PartState> {
    const answer = part
      .check()
      .catch((): PartState => "down")
      .finally(() => this.#asked.delete(part));
    this.#asked.set(part, answer);
    return answer;
  }
}

function nameOut({ name, breaker }: Part): string {
  return breaker === null ? name : `${name} (breaker ${breaker()})`;
}
