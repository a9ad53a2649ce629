import type { JoinKind } from "../../src/language/containers.ts";
import type { Step } from "../../src/language/workflow.ts";
import { succeeds } from "./reference.ts";
import type { Random } from "./scheduler.ts";
import { acts, block, parallel, pure, RETRY, type Workload, waits } from "./workloads.ts";

const MAX_NESTING = 6;
const JOINS: JoinKind[] = ["all", "all", "all_settled", "any"];

/** A workflow that nobody thought of, and how its runs must end. */
export function randomWorkload(id: string, random: Random): Workload {
  let left = 10;
  let names = 0;
  const list = (nesting: number): Step[] => Array.from({ length: 1 + random.below(3) }, () => step(nesting));
  const step = (nesting: number): Step => {
    const name = `s${names++}`;
    left--;
    const kind = left <= 0 || nesting >= MAX_NESTING ? random.below(4) : random.below(8);
    const made = stepOf(kind, name, nesting);
    return random.chance(0.15) && made.type !== "delay" ? { ...made, retry: RETRY } : made;
  };
  const stepOf = (kind: number, name: string, nesting: number): Step => {
    if (kind < 2) return acts(name, random.chance(0.15));
    if (kind === 2) return pure(name);
    if (kind === 3) return waits(name, random.pick([0.2, 1, 3]));
    if (kind < 6) {
      const branches = Array.from({ length: 1 + random.below(3) }, () => list(nesting + 1));
      return parallel(name, random.pick(JOINS), ...branches);
    }
    return block(name, list(nesting + 1));
  };
  const steps = list(0);
  return { id, steps, status: succeeds(steps) ? "success" : "failed" };
}
