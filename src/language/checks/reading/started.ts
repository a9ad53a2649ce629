import type { RequestFault } from "../../../errors.ts";
import { isObject } from "../../../schemas/json/json.ts";
import { WORKFLOW } from "../../definition/control.ts";
import type { Options } from "../../definition/options.ts";
import { handlersIn, type Loc, listsIn, type StepList, stepsIn } from "./lists.ts";

/** A workflow that a step starts. */
export interface Started {
  /** Its uuid, or its author's id. */
  reference: string;
  loc: Loc;
}

/** The workflows that the steps of a list start, nested ones and those of handlers included, as far as they are written out. */
export function startedIn(list: Pick<StepList, "list" | "loc">): Started[] {
  return stepsIn(list).flatMap(({ step, loc }) => {
    const { type, config } = step;
    const reference = type === WORKFLOW && isObject(config) ? config.workflow_id : undefined;
    const isWritten = typeof reference === "string" && !reference.includes("${");
    const own = isWritten ? [{ reference, loc: [...loc, "config", "workflow_id"] }] : [];
    const within = [...listsIn(type, config, [...loc, "config"]), ...handlersIn(step, loc)];
    return [...own, ...within.flatMap(startedIn)];
  });
}

/** The workflow that is to hear of a failed run; null where the definition has none, or where it is its own. */
export function heardBy(heard: Options["on_failure"], own: string | undefined): Started | null {
  if (heard === undefined || heard.workflow_id === own) return null;
  return { reference: heard.workflow_id, loc: ["body", "on_failure", "workflow_id"] };
}

/** @param unknown the references of which there is no workflow now */
export function startWarnings(
  started: readonly Started[],
  own: string | undefined,
  unknown: ReadonlySet<string>,
): RequestFault[] {
  return started.flatMap(({ reference, loc }) => {
    if (reference === own) {
      const msg = "The workflow starts itself: 16 runs that start one another are the most";
      return [{ loc, msg, type: "workflow_recursive" }];
    }
    if (!unknown.has(reference)) return [];
    const msg = `There is no workflow ${JSON.stringify(reference)} now: it has to be there when a run of it is to start`;
    return [{ loc, msg, type: "workflow_unknown" }];
  });
}
