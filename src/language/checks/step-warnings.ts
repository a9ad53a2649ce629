/** What in a definition is allowed, and may not be what its author meant. */
import type { StepTypes } from "../../connectors/index.ts";
import type { RequestFault } from "../../errors.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import { LOOP, SWITCH } from "../definition/control.ts";
import { handlersIn, type Loc, listsIn, type StepList, stepsIn } from "./reading/lists.ts";
import { timeWarnings } from "./time-warnings.ts";

/** Names of which placeholders and expressions have their own meaning, unless a step has them. */
const ROOTS: ReadonlySet<string> = new Set(["run", "vars", "steps", "iteration", "error", "secrets"]);

/** The warnings about a step by itself. */
export function stepWarnings(step: JsonObject, loc: Loc, types: StepTypes): RequestFault[] {
  return [
    ...compensationWarnings(step, loc, types),
    ...nameWarnings(step, loc),
    ...(step.type === LOOP ? loopWarnings(step.config, [...loc, "config"]) : []),
    ...(step.type === SWITCH ? caseWarnings(step.config, [...loc, "config"]) : []),
    ...retryWarnings(step, loc),
    ...timeWarnings(step.timeout, loc, listsIn(step.type, step.config, [])),
  ];
}

/** The warnings about what a workflow says of all its steps, but for their time. */
export function workflowWarnings(top: StepList): RequestFault[] {
  const { defaults } = top.list;
  const retry = isObject(defaults) ? defaults.retry : undefined;
  if (retry === undefined || retry === false || !hasRepeated(top)) return [];
  return [{ loc: [...top.loc, "defaults", "retry"], msg: REPEATED_MESSAGE, type: REPEATED_TYPE }];
}

/** Whether there is a webhook that acts anew each time, and says nothing of retries itself. */
function hasRepeated(list: StepList): boolean {
  return stepsIn(list).some(({ step }) => {
    if (isRepeated(step) && step.retry === undefined) return true;
    return [...listsIn(step.type, step.config, []), ...handlersIn(step, [])].some(hasRepeated);
  });
}

function nameWarnings({ name }: JsonObject, loc: Loc): RequestFault[] {
  if (typeof name !== "string" || !ROOTS.has(name)) return [];
  return [{ loc: [...loc, "name"], msg: `Behind this step ${name} is what it gave`, type: "name_is_root" }];
}

function compensationWarnings({ type, compensate }: JsonObject, loc: Loc, types: StepTypes): RequestFault[] {
  const isPure = typeof type === "string" && types.get(type)?.connector.kind === "pure";
  if (!isPure || compensate === undefined) return [];
  return [
    { loc: [...loc, "compensate"], msg: "There is nothing to undo of what is computed", type: "compensate_on_pure" },
  ];
}

function caseWarnings(config: Json | undefined, loc: Loc): RequestFault[] {
  if (!isObject(config) || !Array.isArray(config.cases)) return [];
  const always = config.cases.findIndex((one) => isObject(one) && one.if === "true");
  if (always < 0) return [];
  const behind: Loc[] = config.cases.slice(always + 1).map((_, index) => [...loc, "cases", always + 1 + index]);
  if (config.default !== undefined) behind.push([...loc, "default"]);
  return behind.map((at) => ({ loc: at, msg: "A case before this one always holds", type: "case_unreachable" }));
}

function loopWarnings(config: Json | undefined, loc: Loc): RequestFault[] {
  if (!isObject(config)) return [];
  const field = config.until === "false" ? "until" : config.while === "true" ? "while" : null;
  return field === null ? [] : [{ loc: [...loc, field], msg: "Only max_iterations ends it", type: "loop_never_ends" }];
}

/** Methods whose request may act anew each time. */
const REPEATED = new Set<Json | undefined>(["POST", "PATCH"]);
const REPEATED_MESSAGE =
  "A POST or PATCH may arrive more than once: its receiver has to drop a webhook-id that it knows";
const REPEATED_TYPE = "retry_without_idempotency";

function isRepeated({ type, config }: JsonObject): boolean {
  return type === "webhook" && isObject(config) && REPEATED.has(config.method);
}

function retryWarnings(step: JsonObject, loc: Loc): RequestFault[] {
  if (!isRepeated(step) || step.retry === undefined || step.retry === false) return [];
  return [{ loc: [...loc, "retry"], msg: REPEATED_MESSAGE, type: REPEATED_TYPE }];
}
