import { type Clock, isoTime } from "../clock.ts";
import type { WorkflowRepository } from "../repositories/workflows.ts";
import type { RunDurations } from "../run-durations.ts";
import { type Stats, WINDOWS, type Window } from "../schemas/lists/stats.ts";
import { ALL_WORKFLOWS, quantileOf } from "../storage/port/finding/durations.ts";
import type { Counts, CountsFound, DurationsFound, Storage } from "../storage/port.ts";
import { NAMESPACE } from "./namespace.ts";

const MINUTE_MILLISECONDS = 60_000;
/** For so long numbers are given again. */
const FRESH_MILLISECONDS = 2000;
/** Workflows that are told apart. */
const MOST_WORKFLOWS = 50;
const NOTHING: Counts = { created: 0, success: 0, failed: 0, cancelled: 0 };

/** Numbers of runs over the last time. */
export class StatsService {
  readonly #storage: Pick<Storage, "findCounts" | "findDurations">;
  readonly #durations: Pick<RunDurations, "write">;
  readonly #workflows: Pick<WorkflowRepository, "find">;
  readonly #clock: Clock;
  readonly #last = new Map<Window, { at: number; stats: Promise<Stats> }>();

  constructor(
    storage: Pick<Storage, "findCounts" | "findDurations">,
    durations: Pick<RunDurations, "write">,
    workflows: Pick<WorkflowRepository, "find">,
    clock: Clock,
  ) {
    this.#storage = storage;
    this.#durations = durations;
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
    // Those of this process; others write theirs within ten seconds.
    await this.#durations.write();
    const workflows = [ALL_WORKFLOWS, ...found.workflows.map(({ workflowUuid }) => workflowUuid)];
    const durations = await this.#storage.findDurations({ namespace: NAMESPACE, from, workflows });
    const took = Map.groupBy(durations, ({ workflowUuid }) => workflowUuid);
    const known = new Map(found.parts.map(({ at, ...counts }) => [at, counts]));
    const failures = Map.groupBy(found.failures, ({ workflowUuid }) => workflowUuid);
    const starts = Array.from({ length: minutes / part }, (_, index) => from + index * part);
    return {
      window,
      from: timeOf(from),
      to: isoTime(now),
      part_seconds: part * 60,
      total: { ...found.parts.reduce(added, NOTHING), took: timesIn(took.get(ALL_WORKFLOWS) ?? []) },
      parts: starts.map((at) => ({ at: timeOf(at), ...(known.get(at) ?? NOTHING) })),
      workflows: await Promise.all(
        found.workflows.map(async (one) => ({
          ...(await this.#named(one)),
          took: timesIn(took.get(one.workflowUuid) ?? []),
          ...failedIn(starts, failures.get(one.workflowUuid)),
        })),
      ),
    };
  }

  async #named({
    workflowUuid: uuid,
    ...counts
  }: CountsFound["workflows"][number]): Promise<Omit<Stats["workflows"][number], "took" | "failed_in_parts">> {
    const workflow = await this.#workflows.find({ namespace: NAMESPACE, reference: uuid, version: null });
    return { uuid, id: workflow?.id ?? null, name: workflow?.name ?? null, ...counts };
  }
}

function timesIn(buckets: DurationsFound[]): Stats["total"]["took"] {
  const [p50, p95] = [quantileOf(buckets, 0.5), quantileOf(buckets, 0.95)];
  if (p50 === null || p95 === null) return null;
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  return { count, p50_seconds: secondsOf(p50), p95_seconds: secondsOf(p95) };
}

/** How many runs of a workflow failed in each part, by when these begin. */
function failedIn(
  starts: number[],
  found: CountsFound["failures"] | undefined,
): Pick<Stats["workflows"][number], "failed_in_parts"> {
  if (found === undefined) return {};
  const byPart = new Map(found.map(({ at, failed }) => [at, failed]));
  return { failed_in_parts: starts.map((at) => byPart.get(at) ?? 0) };
}

/** More digits would tell nothing. */
function secondsOf(milliseconds: number): number {
  return Number((milliseconds / 1000).toPrecision(2));
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
