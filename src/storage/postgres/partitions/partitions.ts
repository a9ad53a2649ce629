import type { Pool } from "../../../db/postgres/pool.ts";
import { DROP_BY_WORKFLOW } from "./drop-by-workflow.ts";
import { DROP_RUNS } from "./drop-runs.ts";
import { MAKE_MONTHS } from "./make-months.ts";

/** What the database keeps for them. */
export const PARTITION_FUNCTIONS = [MAKE_MONTHS, DROP_RUNS, DROP_BY_WORKFLOW];

/** Months that are made ahead, so that a failure to make one has no effect for weeks. */
const AHEAD = 3;

/** The partitions of runs and their logs. */
export class Partitions {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes the months ahead. False if the tables could not be locked in time: try again later. */
  async make(): Promise<boolean> {
    const [row] = await this.#pool.run<{ result: boolean }>(MAKE_MONTHS.call, [AHEAD]);
    return row?.result ?? false;
  }

  /** See Storage.maintain: runs of workflows that have days of their own. */
  async dropByWorkflow(now: number): Promise<boolean> {
    const [row] = await this.#pool.run<{ result: boolean }>(DROP_BY_WORKFLOW.call, [now]);
    return row?.result ?? false;
  }

  /** See Storage.maintain. */
  async drop(before: number): Promise<boolean> {
    const [row] = await this.#pool.run<{ result: boolean }>(DROP_RUNS.call, [before]);
    return row?.result ?? false;
  }
}
