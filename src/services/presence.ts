import { hostname } from "node:os";
import type { Logger } from "pino";
import packageJson from "../../package.json" with { type: "json" };
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { newId } from "../ids.ts";
import { latestDelay } from "../metrics/event-loop.ts";
import type { Storage } from "../storage/port.ts";

interface Options {
  storage: Pick<Storage, "startLease" | "renewLease">;
  clock: Clock;
  log: Logger;
  leaseMilliseconds: number;
  /** How many requests the process is answering. */
  requests(): number;
}

/** Says that a process of the API is there: a lease of its own, which is over soon after the process is gone, however it went. */
export class Presence {
  readonly #options: Options;
  readonly #startedAt: number;
  /** Null while it has no lease. */
  #id: string | null = null;
  #cancelTimer: () => void = () => {};
  #isStopped = false;

  constructor(options: Options) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Tells at once, and three times in a lease from then on. */
  start(): void {
    void this.#tell();
  }

  /** Tells no more: its lease runs out. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  async #tell(): Promise<void> {
    const { storage, clock, log, leaseMilliseconds, requests } = this.#options;
    const told = { kind: "api", version: packageJson.version, host: hostname() } as const;
    const now = { underWay: requests(), lateMilliseconds: latestDelay() };
    const lease = { leaseMilliseconds, about: { ...told, startedAt: this.#startedAt, ...now } };
    try {
      const isThere = this.#id !== null && (await storage.renewLease({ worker: this.#id, ...lease })).kind === "ok";
      if (!isThere) {
        this.#id = null;
        // A start without an answer may have begun a lease that is over by the next: that is another one's.
        const id = newId(clock.now());
        await storage.startLease({ worker: id, ...lease });
        this.#id = id;
      }
    } catch (error) {
      // Whoever is asked for its readiness says so.
      log.debug({ error: messageOf(error) }, "presence not told");
    }
    if (!this.#isStopped) this.#cancelTimer = clock.timer(leaseMilliseconds / 3, () => void this.#tell());
  }
}
