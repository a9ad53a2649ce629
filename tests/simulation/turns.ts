import type { ClaimedRun, RunRecord, Storage } from "../../src/storage/port.ts";
import { allRuns } from "./children.ts";
import type { Workload } from "./workloads.ts";

/** What is looked at. */
interface Watched {
  storage: Pick<Storage, "findRuns" | "listRuns">;
  /** The uuids of the workflows. */
  uuids: ReadonlyMap<Workload, string>;
  /** What every run plays. */
  workloads: ReadonlyMap<string, Workload>;
  violation(what: string): void;
}

/** The rules for runs that take turns: never more under way than there may be, and in the order in which they were stored. */
export class Turns {
  readonly #world: Watched;
  /** Runs that take turns, in the order in which they were stored. */
  readonly #stored: string[] = [];
  /** Runs that were claimed only to be ended: they may have had no turn. */
  readonly #calledOff = new Set<string>();

  constructor(world: Watched) {
    this.#world = world;
  }

  /** A run was stored. */
  stored(uuid: string): void {
    if (this.#world.workloads.get(uuid)?.turn !== undefined) this.#stored.push(uuid);
  }

  /** Some runs were claimed. */
  async checkRoom(runs: Pick<ClaimedRun, "uuid" | "workflowUuid" | "isCancelled">[]): Promise<void> {
    for (const { uuid, isCancelled } of runs) if (isCancelled) this.#calledOff.add(uuid);
    const claimed = new Set(runs.map(({ workflowUuid }) => workflowUuid));
    for (const [workload, workflowUuid] of this.#world.uuids) {
      const most = workload.turn?.most ?? null;
      if (most === null || !claimed.has(workflowUuid)) continue;
      const underWay = (await allRuns(this.#world.storage)).filter(
        ({ uuid, status, ...run }) =>
          run.workflowUuid === workflowUuid && status === "running" && !this.#calledOff.has(uuid),
      );
      if (underWay.length > most) {
        this.#world.violation(
          `${underWay.length} runs of "${workload.id}" are under way: ${underWay.map(({ uuid }) => uuid)}`,
        );
      }
    }
  }

  /** All runs are over. */
  async checkOrder(): Promise<void> {
    for (const workload of new Set(this.#stored.map((uuid) => this.#world.workloads.get(uuid)))) {
      if (workload?.turn === undefined) continue;
      const begun = (await this.#runsOf(workload)).filter(({ startedAt }) => startedAt !== null);
      const { most, rate } = workload.turn;
      for (const [index, { uuid, startedAt }] of begun.entries()) {
        const before = most === 1 ? begun[index - 1] : undefined;
        if (before !== undefined && (startedAt ?? 0) < (before.completedAt ?? 0)) {
          this.#world.violation(`run ${uuid} of "${workload.id}" began before the one before it ended`);
        }
        // Each begins a little later than its turn.
        const first = rate === null ? undefined : begun[index - 2 * rate.most];
        if (first !== undefined && rate !== null && (startedAt ?? 0) - (first.startedAt ?? 0) < rate.perMilliseconds) {
          this.#world.violation(`run ${uuid} of "${workload.id}" began too soon`);
        }
      }
    }
  }

  /** In the order in which they were stored. */
  async #runsOf(workload: Workload): Promise<RunRecord[]> {
    const uuids = this.#stored.filter((uuid) => this.#world.workloads.get(uuid) === workload);
    const rows = await this.#world.storage.findRuns(uuids.map((uuid) => ({ namespace: "default", uuid })));
    return rows.filter((row) => row !== null);
  }
}
