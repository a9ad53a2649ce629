import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf, PlatformError } from "../../src/errors.ts";
import { RareWarning } from "../../src/rare-warning.ts";
import { namesOf } from "../tracing/names.ts";
import type { HeldRun } from "./held-run.ts";

/** Logs why nothing was done for runs. While the storage is out all that are held fail together, again and again. */
export class Failures {
  readonly #log: Logger;
  readonly #out: RareWarning;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#out = new RareWarning(log, clock, "runs wait for the storage");
  }

  say(held: HeldRun, error: unknown): void {
    const fields = { ...namesOf(held), error: messageOf(error) };
    if (error instanceof PlatformError && error.retryable) this.#out.say(fields);
    else this.#log.error(fields, "execution failed");
  }
}
