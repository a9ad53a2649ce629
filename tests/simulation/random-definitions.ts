import type { JoinKind } from "../../src/language/definition/containers.ts";
import type { Catch, Step } from "../../src/language/definition/step.ts";
import { statusOf } from "./reference/runs.ts";
import { ALONE, STRICT } from "./run-workloads.ts";
import type { Random } from "./scheduler.ts";
import { GO } from "./signals.ts";
import {
  acts,
  adds,
  block,
  counts,
  each,
  fails,
  GIVEN,
  listens,
  parallel,
  pure,
  RETRY,
  repeats,
  route,
  starts,
  succeeds,
  tells,
  undoing,
  waits,
} from "./steps.ts";
import type { RunOptions, Workload } from "./workloads.ts";

const MAX_NESTING = 6;
const JOINS: JoinKind[] = ["all", "all", "all_settled", "any"];

/** Codes that a catch is for; null for all. */
const CODES = [["failed"], ["oops"], ["timeout", "all_failed"], ["*"], null];

/** A workflow that nobody thought of, and how its runs must end. */
export function randomWorkload(id: string, random: Random): Workload {
  let left = 10;
  let names = 0;
  /** Parallels around the step that is made: none of these can end the run. */
  let beside = 0;
  const ends = (name: string): Step => (beside === 0 && random.chance(0.3) ? succeeds(name) : pure(name));
  const list = (nesting: number, steps: Step[] = []): Step[] => {
    for (let count = 1 + random.below(3); count > 0; count--) {
      const made = step(nesting, steps);
      if (random.chance(0.15)) made.if = condition(steps);
      steps.push(made);
    }
    return steps;
  };
  const condition = (before: readonly Step[]): string => {
    const fixed = [`payload.n % ${2 + random.below(2)} == 0`, "payload.n < 6", "true", "false", "payload.gone == 1"];
    const kind = random.below(10);
    if (kind < 6 || before.length === 0) return fixed[kind % 2] ?? "";
    const { name } = random.pick(before);
    if (kind < 8) return random.pick([`steps.${name}.status == "failed"`, `has(steps.${name}.output)`]);
    return random.pick(fixed);
  };
  const step = (nesting: number, before: readonly Step[]): Step => {
    const name = `s${names++}`;
    left--;
    const kind = left <= 0 || nesting >= MAX_NESTING ? random.below(5) : random.below(15);
    const made = stepOf(kind, name, nesting, before);
    if (random.chance(0.15) && made.type !== "delay" && made.type !== "fail") made.retry = RETRY;
    if (random.chance(0.15)) made.timeout = random.pick([0.1, 1, 5]);
    if (random.chance(0.2) && nesting < MAX_NESTING) made.catch = handlers(nesting + 1);
    if (random.chance(0.1)) made.on_error = "continue";
    if (random.chance(0.15))
      made.compensate = random.chance(0.7) ? undoing(acts("u", random.chance(0.2)), RETRY) : undoing(waits("u", 1));
    return made;
  };
  const handlers = (nesting: number): Catch[] =>
    Array.from({ length: 1 + random.below(2) }, () => {
      const steps = [tells(`s${names++}`), ...(left > 0 ? list(nesting) : [])];
      const on = random.pick(CODES);
      return on === null ? { steps } : { on, steps };
    });
  const within = (nesting: number, ends: () => Step[] = () => []): Step[] => {
    beside++;
    const steps = list(nesting + 1, ends());
    beside--;
    return steps;
  };
  const stepOf = (kind: number, name: string, nesting: number, before: readonly Step[]): Step => {
    if (kind < 2) return acts(name, random.chance(0.15));
    if (kind === 2)
      return random.chance(0.3)
        ? starts(name, random.pick(["short", "failing", "effects", "in turn", STRICT, ALONE]))
        : pure(name);
    if (kind === 3) return random.chance(0.4) ? listens(name, GO) : waits(name, random.pick([0.2, 1, 3]));
    if (kind === 4) return random.chance(0.3) ? fails(name, "oops") : ends(name);
    if (kind < 7) {
      const branches = Array.from({ length: 1 + random.below(3) }, () => within(nesting));
      return parallel(name, random.pick(JOINS), ...branches);
    }
    if (kind < 9) return block(name, list(nesting + 1));
    if (kind >= 13) {
      const config = {
        vars: { count: "${item}" },
        concurrency: 1 + random.below(3),
        max_failures: random.pick([0, 0, 1, 3]),
      };
      return each(
        name,
        random.below(5),
        within(nesting, () => [counts(`s${names++}`, "item"), adds(`s${names++}`)]),
        config,
      );
    }
    if (kind >= 11)
      return repeats(name, list(nesting + 1, [adds(`s${names++}`), counts(`s${names++}`)]), loopConfig(random));
    const cases = Array.from({ length: 1 + random.below(3) }, () => ({
      if: condition(before),
      steps: list(nesting + 1),
    }));
    return route(name, cases, random.chance(0.5) ? list(nesting + 1) : null);
  };
  const steps = list(0);
  const options: RunOptions = {
    ...(random.chance(0.3) && { output: random.chance(0.2) ? "${nowhere}" : GIVEN }),
    ...(random.chance(0.15) && { timeout: random.pick([0.1, 2, 20]) }),
    ...(random.chance(0.2) && { defaults: random.pick([{ retry: RETRY }, { timeout: 0.1 }]) }),
  };
  const workload = { id, steps, ...(Object.keys(options).length > 0 && { options }) };
  return { ...workload, status: statusOf(workload) };
}

/** A loop of up to three iterations, which its limit may cut short. */
function loopConfig(random: Random): Parameters<typeof repeats>[2] {
  const condition = random.chance(0.5)
    ? { while: `iteration.index < ${random.below(4)}` }
    : { until: `iteration.index >= ${random.below(3)}` };
  return {
    ...condition,
    vars: { count: 0 },
    max_iterations: random.pick([2, 5, 5]),
    ...(random.chance(0.4) && { interval: 0.5 }),
    ...(random.chance(0.3) && { on_limit: "continue" as const }),
  };
}
