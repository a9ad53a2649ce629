/** Workflows that say something of their runs as a whole. */
import type { Step } from "../../src/language/definition/step.ts";
import type { Definition } from "../../src/language/definition/workflow.ts";
import type { Turn } from "../../src/storage/port.ts";
import {
  acts,
  block,
  counts,
  fails,
  GIVEN,
  parallel,
  pure,
  RETRY,
  repeats,
  starts,
  succeeds,
  tells,
  waits,
} from "./steps.ts";

/** A workflow and how each of its runs must end, whatever happens on the way; null where time decides. */
export interface Workload {
  id: string;
  steps: Step[];
  /** What the definition says beside its steps. */
  options?: RunOptions;
  /** What its runs wait for. */
  turn?: Turn;
  status: "success" | "failed" | null;
}

/** What the simulation knows of what definitions say of their runs. */
export type RunOptions = Pick<Definition, "output" | "timeout" | "defaults" | "on_failure" | "input">;

/** As the definitions of `optionsOf` say it, by which runs that others start are made. */
const TURN = { line: "concurrency ", onLimit: "queue", rate: null } as const;

/** The workflow that refuses every payload of the simulation. */
export const STRICT = "strict";
/** The one that has one run at a time, and refuses more. */
export const ALONE = "alone";

/** What a run is told of one that failed. */
export const TOLD = { run_id: "${run.id}", n: "${payload.n}", why: "${error.code}" };

export const RUN_WORKLOADS: Workload[] = [
  {
    id: "alerting",
    steps: [pure("a"), acts("b"), acts("c", true)],
    options: { on_failure: { workflow_id: "short" } },
    status: "failed",
  },
  {
    id: "alerting at once",
    steps: [{ name: "a", type: "transform", config: { value: "${nowhere}" } }],
    options: { on_failure: { workflow_id: "alerting" } },
    status: "failed",
  },
  {
    id: "given",
    steps: [pure("a"), acts("b", true), pure("c")].map((step) => ({ ...step, on_error: "continue" as const })),
    options: { output: GIVEN, defaults: { retry: RETRY } },
    status: "success",
  },
  { id: "given before insert", steps: [pure("a")], options: { output: GIVEN }, status: "success" },
  {
    id: "succeeds early",
    steps: [
      acts("a"),
      {
        ...block("b", [block("k", [acts("x"), fails("f", "oops")])]),
        catch: [{ steps: [tells("t"), block("h", [acts("y"), succeeds("s"), acts("never")])] }],
      },
      acts("never"),
    ],
    options: { output: "${nowhere}" },
    status: "success",
  },
  {
    id: "succeeds in an iteration",
    steps: [
      repeats(
        "o",
        [
          repeats("l", [counts("c"), acts("x"), { ...succeeds("s"), if: "iteration.index == 2" }], {
            while: "iteration.index < 4",
            max_iterations: 5,
          }),
        ],
        { until: "iteration.index >= 1", max_iterations: 2, interval: 0.5 },
      ),
      acts("never"),
    ],
    status: "success",
  },
  {
    id: "over",
    steps: [
      acts("a"),
      { ...parallel("p", "all", [waits("w", 70), acts("never")], [acts("x")]), on_error: "continue", timeout: 60 },
    ],
    options: { timeout: 20, output: GIVEN },
    status: "failed",
  },
  { id: "in turn", steps: [acts("a"), waits("w", 1), pure("b")], turn: { ...TURN, most: 1 }, status: "success" },
  {
    id: "in time",
    steps: [pure("a"), acts("b")],
    turn: { ...TURN, most: 2, rate: { key: "", most: 3, perMilliseconds: 4000 } },
    status: "success",
  },
  { id: "pure in turn", steps: [pure("a")], turn: { ...TURN, most: 1 }, status: "success" },
  {
    id: "alerting in turn",
    steps: [acts("a", true)],
    options: { on_failure: { workflow_id: "in turn", payload: TOLD } },
    status: "failed",
  },
  {
    id: "alerting in vain",
    steps: [pure("a"), acts("b", true)],
    options: { on_failure: { workflow_id: STRICT } },
    status: "failed",
  },
  {
    id: "starts in turn",
    steps: [
      acts("a"),
      parallel("p", "all", [starts("c", "in turn")], [starts("d", "in turn")], [starts("e", "in time")]),
      starts("f", "pure in turn", { wait: false }),
      { ...starts("g", "in turn"), timeout: 1, on_error: "continue" },
      { ...starts("h", ALONE), catch: [{ on: ["limit"], steps: [acts("n")] }] },
    ],
    status: "success",
  },
  {
    id: "starts prepared",
    steps: [
      starts("c", "preset"),
      parallel("p", "all", [starts("d", "preset")], [starts("e", "short")]),
      { ...starts("g", STRICT), catch: [{ on: ["invalid_input"], steps: [acts("n")] }] },
    ],
    status: "success",
  },
];

/** Those that others start alone: a trigger would be refused, or be made by their options. */
export const STARTED_WORKLOADS: Workload[] = [
  { id: STRICT, steps: [pure("a")], options: { input: { required: ["nothing"] } }, status: "success" },
  {
    id: "preset",
    steps: [acts("a"), { name: "b", type: "transform", config: { value: "${payload.region}" } }],
    options: { input: { properties: { region: { default: "eu" } } } },
    status: "success",
  },
  { id: ALONE, steps: [acts("a"), waits("w", 2)], turn: { ...TURN, most: 1, onLimit: "reject" }, status: "success" },
];
