/** Workflows that say something of their runs as a whole. */
import type { Step } from "../../src/language/definition/step.ts";
import type { Definition } from "../../src/language/definition/workflow.ts";
import type { Turn } from "../../src/storage/port.ts";
import { acts, block, fails, GIVEN, parallel, pure, RETRY, succeeds, tells, waits } from "./steps.ts";

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
export type RunOptions = Pick<Definition, "output" | "timeout" | "defaults" | "on_failure">;

const TURN = { line: "x", onLimit: "queue", rate: null } as const;

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
    turn: { ...TURN, most: 2, rate: { key: "r", most: 3, perMilliseconds: 4000 } },
    status: "success",
  },
  { id: "pure in turn", steps: [pure("a")], turn: { ...TURN, most: 1 }, status: "success" },
];
