import { type Clock, isoTime } from "../clock.ts";
import type { WorkflowRepository } from "../repositories/workflows.ts";
import { type Stats, WINDOWS, type Window } from "../schemas/stats.ts";
import type { Counts, CountsFound, Storage } from "../storage/port.ts";
import { NAMESPACE } from "./namespace.ts";

const MINUTE_MILLISECONDS = 60_000;
/** For so long numbers are given again. */
const FRESH_MILLISECONDS = 2000;
/** Workflows that are told apart. */
const MOST_WORKFLOWS = 50;
const NOTHING: Counts = { created: 0, success: 0, failed: 0, cancelled: 0 };

/** Numbers of runs over the last time. */
export class StatsService {
  readonly #storage: Pick<Storage, "findCounts">;
  readonly #workflows: Pick<WorkflowRepository, "find">;
  readonly #clock: Clock;
  readonly #last = new Map<Window, { at: number; stats: Promise<Stats> }>();

  constructor(storage: Pick<Storage, "findCounts">, workflows: Pick<WorkflowRepository, "find">, clock: Clock) {
    this.#storage = storage;
    this.#workflows = workflows;
    this.#clock = clock;
  }

  /** Up to two seconds old. @throws PlatformError storage_unavailable */
  read(window: Window): Promise<Stats> {
    const now = this.#clock.monotonic();
    const last = this.#last.get(window);
    if (last !== undefined && now - last.at < FRESH_MILLISECONDS) return last.stats;
    const stats = this.#read(window);
    this.#last.set(window, { at: now, stats });
    // A failure is not given again.
    stats.catch(() => {
      if (this.#last.get(window)?.stats === stats) this.#last.delete(window);
    });
    return stats;
  }

  async #read(window: Window): Promise<Stats> {
    const { minutes, part } = WINDOWS[window];
    const now = this.#clock.now();
    const minute = Math.floor(now / MINUTE_MILLISECONDS);
    const last = minute - (minute % part);
    const from = last - minutes + part;
    const found = await this.#storage.findCounts({
      namespace: NAMESPACE,
      from,
      minutes: part,
      workflows: MOST_WORKFLOWS,
    });
    const known = new Map(found.parts.map(({ at, ...counts }) => [at, counts]));
    const starts = Array.from({ length: minutes / part }, (_, index) => from + index * part);
    return {
      window,
      from: timeOf(from),
      to: isoTime(now),
      part_seconds: part * 60,
      total: found.parts.reduce(added, NOTHING),
      parts: starts.map((at) => ({ at: timeOf(at), ...(known.get(at) ?? NOTHING) })),
      workflows: await Promise.all(found.workflows.map((one) => this.#named(one))),
    };
  }

  async #named({
    workflowUuid: uuid,
    ...counts
  }: CountsFound["workflows"][number]): Promise<Stats["workflows"][number]> {
    const workflow = await this.#workflows.find({ namespace: NAMESPACE, reference: uuid, version: null });
    return { uuid, id: workflow?.id ?? null, name: workflow?.name ?? null, ...counts };
  }
}

function added(sum: Counts, { created, success, failed, cancelled }: Counts): Counts {
  return {
    created: sum.created + created,
    success: sum.success + success,
    failed: sum.failed + failed,
    cancelled: sum.cancelled + cancelled,
  };
}

function timeOf(minute: number): string {
  return isoTime(minute * MINUTE_MILLISECONDS);
}
