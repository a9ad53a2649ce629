import type { Clock } from "../clock.ts";
import { PlatformError } from "../errors.ts";

/** A service that this process stands on. */
export interface Part {
  name: string;
  /** Without it nothing can be answered; the others only make it slower. */
  needed: boolean;
  /** Resolves or rejects. */
  check(): Promise<void>;
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
   * The state of every part by name.
   *
   * @throws PlatformError not_ready, naming the needed parts that are out; shutting_down
   */
  async check(): Promise<Record<string, "up" | "down">> {
    if (this.#draining) throw new PlatformError("shutting_down");
    const up = await Promise.all(this.#parts.map((part) => this.#isUp(part)));
    const out = this.#parts.filter(({ needed }, index) => needed && !up[index]);
    if (out.length > 0) throw new PlatformError("not_ready", out.map(({ name }) => name).join(", "));
    return Object.fromEntries(this.#parts.map(({ name }, index) => [name, up[index] ? "up" : "down"]));
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
