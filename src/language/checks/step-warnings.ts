/** What in a definition is allowed, and may not be what its author meant. */
import type { RequestFault } from "../../errors.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json.ts";
import { SWITCH } from "../definition/containers.ts";
import { type Loc, listsIn } from "./lists.ts";
import { timeWarnings } from "./time-warnings.ts";

/** Names of which placeholders and expressions have their own meaning, unless a step has them. */
const ROOTS: ReadonlySet<string> = new Set(["run", "vars", "steps", "iteration", "error", "secrets"]);

/** The warnings about a step by itself. */
export function stepWarnings(step: JsonObject, loc: Loc): RequestFault[] {
  return [
    ...nameWarnings(step, loc),
    ...(step.type === SWITCH ? caseWarnings(step.config, [...loc, "config"]) : []),
    ...retryWarnings(step, loc),
    ...timeWarnings(step.timeout, loc, listsIn(step.type, step.config, [])),
  ];
}

function nameWarnings({ name }: JsonObject, loc: Loc): RequestFault[] {
  if (typeof name !== "string" || !ROOTS.has(name)) return [];
  return [{ loc: [...loc, "name"], msg: `Behind this step ${name} is what it gave`, type: "name_is_root" }];
}

function caseWarnings(config: Json | undefined, loc: Loc): RequestFault[] {
  if (!isObject(config) || !Array.isArray(config.cases)) return [];
  const always = config.cases.findIndex((one) => isObject(one) && one.if === "true");
  if (always < 0) return [];
  const behind: Loc[] = config.cases.slice(always + 1).map((_, index) => [...loc, "cases", always + 1 + index]);
  if (config.default !== undefined) behind.push([...loc, "default"]);
  return behind.map((at) => ({ loc: at, msg: "A case before this one always holds", type: "case_unreachable" }));
}

/** Methods whose request may act anew each time. */
const REPEATED = new Set<Json | undefined>(["POST", "PATCH"]);

function retryWarnings({ type, config, retry }: JsonObject, loc: Loc): RequestFault[] {
  if (type !== "webhook" || !isObject(config) || !REPEATED.has(config.method)) return [];
  if (retry === undefined || retry === false) return [];
  const msg = `A ${config.method} may arrive more than once: its receiver has to drop those whose webhook-id it knows`;
  return [{ loc: [...loc, "retry"], msg, type: "retry_without_idempotency" }];
}
