import type { ChildConnector, StepType } from "../../../connectors/index.ts";
import { findJsonFaults, isObject, type Json, type JsonObject } from "../../../schemas/json/json.ts";
import type { InboxRow } from "../../../schemas/log/inbox.ts";
import { MAX_CHILDREN } from "../../../schemas/runs/child.ts";
import { describeFailure } from "../../../step-failures.ts";
import type { FailedOutcome, StepOutcome } from "../../entries.ts";
import type { StepNode } from "../../plan/plan.ts";
import type { BlockState, StepState } from "../../state/state.ts";
import { beginEntry } from "../recording/outcome.ts";
import { resolveConfig } from "./config.ts";
import type { Asked, Decision } from "./decision.ts";
import { failed, timedOut } from "./failing.ts";

/** What the entry of an attempt says whose run goes on when it is given up. */
const ABANDONED = { on_cancel: "abandon" };

/** Whether the run that an attempt waits for is cancelled with it, as its entry says. */
export function cancelsChild(details: JsonObject | null | undefined): boolean {
  return details?.on_cancel !== ABANDONED.on_cancel;
}

/** What a step has to do that starts another run. */
export function decideChild(
  block: BlockState,
  { config: raw, timeout }: StepNode,
  type: StepType & { connector: ChildConnector },
  { now, meter, inbox, children }: Asked,
): Decision {
  const { current } = block;
  const path = attemptPath(block.path, current);
  if (current === null || current.isRetrying) {
    const config = resolveConfig(raw, block.scope, type, meter);
    if ("error" in config) return failed(block, config);
    if (children.count >= MAX_CHILDREN) return failed(block, describeFailure("too_many_children", {}));
    const child = type.connector.child(config.value);
    for (const [place, text] of [
      [".workflow_id", JSON.stringify(child.workflow)],
      [".payload", child.payload],
    ] as const) {
      const fault = faultOf(text);
      if (fault !== null) return failed(block, describeFailure("config_unfit", { place, fault }));
    }
    const details = { workflow_id: child.workflow, ...(!child.isCancelled && ABANDONED) };
    const entry = beginEntry(block, now, timeout === null ? null : now + timeout, details);
    return { kind: "record", entry, child: { ...child, path } };
  }
  const row = inbox.endOf(path);
  if (row !== undefined) return { kind: "settle", block, outcome: outcomeOf(row), taken: row.seq };
  if (timeout !== null && current.wakeAt !== null && now >= current.wakeAt) {
    return { kind: "settle", block, outcome: timedOut(timeout) };
  }
  return { kind: "wait", wakeAt: current.wakeAt };
}

/** Why no store could keep JSON text, which expressions may have made; null where all can. */
function faultOf(text: string): string | null {
  const [fault] = findJsonFaults(text).filter(({ kind }) => kind !== "number");
  if (fault === undefined) return null;
  return fault.kind === "depth" ? "It nests too deep" : "It holds what can't be stored";
}

/** The path of an attempt, by which its run is found. */
export function attemptPath(path: string, current: StepState | null): string {
  return current === null || current.failures === 0 ? path : `${path}~${current.failures + 1}`;
}

/** How a step ends with what came of its run: that it was stored, where nobody waits for it, its end, or why there is none. */
function outcomeOf({ body }: InboxRow): StepOutcome {
  const said: Json = JSON.parse(body);
  const { refused, run_id = null, status = null, output = null, error = null, ...more } = isObject(said) ? said : {};
  if (typeof refused === "string") return refusedBy(refused, more);
  if (status === null) return { output: { run_id } };
  if (status === "success") return { output: { run_id, status, output } };
  const sentence = status === "cancelled" ? "was cancelled" : `failed: ${sentenceOf(error)}`;
  const failure = describeFailure("child_failed", { run: String(run_id), sentence });
  return { ...failure, output: null, details: { run_id, status, error } };
}

/** Why a run was not started. */
function refusedBy(
  reason: string,
  { workflow: reference = null, most = null, faults = null }: JsonObject,
): FailedOutcome {
  const details: JsonObject = { reason };
  const workflow = String(reference);
  if (reason === "too_deep") return { ...describeFailure("child_too_deep", {}), output: null, details };
  if (reason === "concurrency_limit") {
    const failure = describeFailure("child_limit", { workflow, count: String(most) });
    return { ...failure, output: null, details };
  }
  if (reason !== "invalid_input") {
    const name = reason === "version_not_found" ? "child_version_missing" : "child_missing";
    return { ...describeFailure(name, { workflow }), output: null, details };
  }
  const [first] = Array.isArray(faults) ? faults : [];
  const { loc, msg } = isObject(first) ? first : {};
  const place = Array.isArray(loc) ? loc.join(".") : "payload";
  const failure = describeFailure("child_input", { workflow, place, fault: String(msg) });
  return { ...failure, output: null, details: { ...details, faults } };
}

/** Of an error, as an object or as a text. */
function sentenceOf(error: Json): string {
  if (!isObject(error)) return String(error);
  const { step, message } = error;
  return step === "" ? String(message) : `Step "${String(step)}" failed: ${String(message)}`;
}
