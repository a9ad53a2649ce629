import packageJson from "../../package.json" with { type: "json" };
import { type Clock, isoTime } from "../clock.ts";
import type { Config } from "../config.ts";
import { MAX_STEPS } from "../language/definition/step.ts";
import type { Messaging } from "../messaging/port.ts";
import { latestDelay } from "../metrics/event-loop.ts";
import type { System } from "../schemas/system.ts";
import type { ProcessRecord, Storage } from "../storage/port.ts";
import type { ReadinessService } from "./readiness.ts";
import { MOST_WAITING } from "./run-waits.ts";

interface Options {
  storage: Pick<Storage, "figures" | "nextDue" | "listProcesses">;
  readiness: Pick<ReadinessService, "look">;
  messaging: Pick<Messaging, "deadLetters">;
  clock: Clock;
  config: Pick<Config, "mode" | "RETENTION_DAYS" | "LEASE_SECONDS">;
}

const NOTHING = { queue: null, workers: null, apis: null };

/** How an installation is, as one process sees it. */
export class SystemService {
  readonly #options: Options;
  readonly #startedAt: number;

  constructor(options: Options) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Whatever is out: what can't be asked is null. */
  async read(): Promise<System> {
    const { readiness, messaging, config } = this.#options;
    const { parts, breakers, out } = await readiness.look();
    return {
      version: packageJson.version,
      license: packageJson.license,
      mode: config.mode,
      started_at: isoTime(this.#startedAt),
      event_loop_ms: latestDelay(),
      dead_letters: messaging.deadLetters(),
      parts,
      breakers,
      out: out === "" ? null : out,
      ...(out === "" ? await this.#stored() : NOTHING),
      limits: this.limits(),
    };
  }

  /** What is in force here; nothing is read for it. */
  limits(): System["limits"] {
    const { config } = this.#options;
    return {
      retention_days: config.RETENTION_DAYS,
      lease_seconds: config.LEASE_SECONDS,
      steps: MAX_STEPS,
      waiting_requests: MOST_WAITING,
    };
  }

  async #stored(): Promise<Pick<System, "queue" | "workers" | "apis">> {
    const { storage, clock } = this.#options;
    try {
      const [{ due, asleep, waiting, inLine, paused }, nextDue, processes] = await Promise.all([
        storage.figures(),
        storage.nextDue(0),
        storage.listProcesses(),
      ]);
      const late = nextDue === null ? 0 : Math.max(0, clock.now() - nextDue) / 1000;
      const workers = processes.filter(({ kind }) => kind === "worker");
      const apis = processes.filter(({ kind }) => kind === "api");
      const running = workers.reduce((sum, { underWay }) => sum + (underWay ?? 0), 0);
      return {
        queue: { running, due, oldest_due_seconds: late, asleep, waiting, in_line: inLine, paused },
        workers: workers.map((worker) => ({ ...shown(worker), runs: worker.underWay })),
        apis: apis.map((api) => ({ ...shown(api), requests: api.underWay })),
      };
    } catch {
      // It went away since it was looked at.
      return NOTHING;
    }
  }
}

function shown({ id, version, host, startedAt, lateMilliseconds }: ProcessRecord) {
  const started_at = startedAt === null ? null : isoTime(startedAt);
  return { id, version, host, started_at, event_loop_ms: lateMilliseconds };
}
