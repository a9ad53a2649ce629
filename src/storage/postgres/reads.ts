/** The reads of the port, on one server. */
import type { Pool } from "../../db/postgres/pool.ts";
import type { Reads } from "../port.ts";
import { LOOK_FOR_RUNS, Looks } from "./finding/looks.ts";
import { FIND_SMALL_PROGRESS, findSmallProgress } from "./finding/small-progress.ts";
import type { Settled } from "./ids.ts";
import { ENDED_RUNS, FIND_RUNS, LIST_RUNS, Runs } from "./runs.ts";
import type { StepOrder } from "./step-order.ts";
import { FIND_WORKFLOWS, Workflows } from "./workflows.ts";

export const READ_FUNCTIONS = [
  FIND_WORKFLOWS,
  FIND_RUNS,
  ENDED_RUNS,
  LIST_RUNS.desc,
  LIST_RUNS.asc,
  LOOK_FOR_RUNS,
  FIND_SMALL_PROGRESS,
];

export function readsOf(pool: Pool, order: StepOrder, settled: Settled): Reads {
  const runs = new Runs(pool, order, settled);
  const workflows = new Workflows(pool, settled);
  const looks = new Looks(pool, settled);
  return {
    findWorkflows: (items) => workflows.find(items),
    listWorkflows: (page) => workflows.list(page),
    listVersions: (lookup) => workflows.versions(lookup),
    findRuns: (keys) => runs.find(keys),
    listRuns: (page) => runs.list(page),
    lookForRuns: (look) => looks.look(look),
    findSmallProgress: (keys) => findSmallProgress(pool, keys),
  };
}
