/** Workflows that repeat steps, and undo them. */
import type { Step } from "../../src/language/definition/step.ts";
import { acts, counts, each, pure, RETRY, repeats, undoing, waits } from "./steps.ts";

/** As WORKLOADS are. */
export const REPEATED: { id: string; steps: Step[]; status: "success" | "failed" }[] = [
  {
    id: "repeated",
    steps: [
      repeats("l", [acts("x"), counts("y")], { until: "iteration.index >= 2", max_iterations: 5, interval: 2 }),
      repeats("m", [counts("y"), repeats("n", [acts("x")], { while: "iteration.index < 2", max_iterations: 2 })], {
        while: "iteration.index < 3",
        max_iterations: 2,
        on_limit: "continue",
      }),
    ],
    status: "success",
  },
  {
    id: "of many",
    steps: [
      each("e", 5, [acts("x"), counts("y", "item"), acts("z")], { concurrency: 2 }),
      each("f", 3, [{ ...acts("x", true), if: "item == 1" }, waits("w", 1)], { max_failures: "34%" }),
      pure("p"),
      each("g", 40, [counts("y", "item")]),
    ],
    status: "success",
  },
  {
    id: "undone",
    steps: [
      { ...acts("a"), compensate: undoing(acts("u")) },
      {
        ...each("e", 3, [{ ...acts("x"), compensate: undoing(acts("u", true), RETRY) }]),
        compensate: undoing(waits("u", 2)),
      },
      { ...acts("b"), compensate: undoing(acts("u")) },
      acts("c", true),
    ],
    status: "failed",
  },
];
