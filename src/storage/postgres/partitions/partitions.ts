import type { Pool } from "../../../db/postgres/pool.ts";
import { DROP_RUNS } from "./drop-runs.ts";
import { MAKE_MONTHS } from "./make-months.ts";

/** Months that are there before they are needed, so that nothing hangs on this for weeks. */
const AHEAD = 3;

/** The partitions of runs and their logs. */
export class Partitions {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes the months that will be needed. False where others use the tables too much right now: ask again later. */
  async make(): Promise<boolean> {
    const [row] = await this.#pool.run<{ result: boolean }>(MAKE_MONTHS.call, [AHEAD]);
    return row?.result ?? false;
  }

  /** See Storage.maintain. */
  async drop(before: number): Promise<boolean> {
    const [row] = await this.#pool.run<{ result: boolean }>(DROP_RUNS.call, [before]);
    return row?.result ?? false;
  }
}
