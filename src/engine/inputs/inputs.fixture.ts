/** What is stored of runs that tests have played, and what it tells of the inputs of their steps. */
import delay from "../../connectors/delay.ts";
import fail from "../../connectors/fail.ts";
import set from "../../connectors/set.ts";
import transform from "../../connectors/transform.ts";
import webhook from "../../connectors/webhook.ts";
import type { Step } from "../../language/definition/step.ts";
import type { Json } from "../../schemas/json/json.ts";
import { stepResultsText } from "../../schemas/log/log.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { StepInput } from "../../schemas/runs/step-input.ts";
import type { KnownRun } from "../port.ts";
import { effect, NOW, Played, typesOf } from "../steps/played.fixture.ts";
import { ComputedInputs } from "./inputs.ts";

const inputs = new ComputedInputs(typesOf(transform, set, fail, delay, webhook, effect));
let versions = 0;

export const gives = (name: string, value: Json, more: Partial<Step> = {}): Step => ({
  ...{ name, type: "transform", config: { value }, ...more },
});
export const sets = (name: string, variables: Record<string, Json>, more: Partial<Step> = {}): Step => ({
  ...{ name, type: "set", config: { variables }, ...more },
});
export const holds = (name: string, type: string, config: object, more: Partial<Step> = {}): Step => ({
  ...{ name, type, config: JSON.parse(JSON.stringify(config)), ...more },
});

/** A run that is played as far as it goes by itself. */
export function played(steps: Step[], payload: Json = {}): Played {
  const run = new Played(steps, payload, false);
  run.go(NOW);
  return run;
}

/** A run as its rows have it: with its log, or, over, with its results alone. */
export function stored({ log, state }: Played, steps: Step[], payload: Json, kind: "log" | "results"): KnownRun {
  const isOver = kind === "results";
  return {
    version: String(versions++),
    definition: JSON.stringify({ steps }),
    payload: JSON.stringify(payload),
    facts: {
      ...{ id: "run", workflow_id: "workflow", workflow_version: 1, created_at: "2030-01-01T00:00:00.000+00:00" },
      ...{ started_at: "2030-01-01T00:00:01.000+00:00", parent_run_id: null, root_run_id: null, tags: ["a"] },
    },
    isOver,
    log: isOver ? [] : structuredClone(log),
    results: isOver ? Object.values(JSON.parse(stepResultsText(state.steps.values(), undefined, state.omitted))) : [],
  };
}

export function inputOf(run: KnownRun, path: string): StepInput | null {
  return inputs.of(run, path);
}

/** The results of a run's steps by their addresses, and their paths. */
export function resultsOf({ state }: Played): { path: string; result: StepResult }[] {
  return [...state.steps].map(([path, [, result]]) => ({ path, result }));
}

/** What steps that computed something were given, where that does not give what they gave; by their addresses. */
export function wrongInputs(run: Played, stored: KnownRun): Record<string, unknown> {
  const wrong = resultsOf(run).flatMap(({ path, result: { status, output, step_name } }) => {
    const input = inputOf(stored, path);
    const is = status === "success" && outputFor(input?.config);
    return is === false || is === undefined || Bun.deepEquals(is, output) ? [] : [[step_name, input]];
  });
  return Object.fromEntries(wrong);
}

/** What a `transform` or a `set` gives that is given this; undefined of others. */
function outputFor(config: Json | undefined): unknown {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return undefined;
  return "value" in config ? { type: "transform", value: config.value } : config.variables;
}
