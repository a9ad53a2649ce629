import { isoTime } from "../../../clock.ts";
import type { SignalConnector, StepType } from "../../../connectors/index.ts";
import { faultOfSignal } from "../../../language/definition/control.ts";
import type { InboxRow } from "../../../schemas/log/inbox.ts";
import type { StepResult } from "../../../schemas/runs/run.ts";
import { describeFailure } from "../../../step-failures.ts";
import type { StepOutcome } from "../../entries.ts";
import type { StepNode } from "../../plan/plan.ts";
import type { BlockState } from "../../state/state.ts";
import { beginEntry } from "../recording/outcome.ts";
import { resolveConfig } from "./config.ts";
import type { Asked, Decision } from "./decision.ts";
import { failed, timedOut } from "./failing.ts";

/** What a step has to do that waits for a signal. A signal that is there comes before the end of its time. */
export function decideWait(
  block: BlockState,
  { config: raw, timeout }: StepNode,
  type: StepType & { connector: SignalConnector },
  { now, meter, inbox }: Asked,
): Decision {
  const { current } = block;
  if (current === null || current.isRetrying) {
    const config = resolveConfig(raw, block.scope, type, meter);
    if ("error" in config) return failed(block, config);
    const signals = type.connector.signals(config.value);
    const fault = signals.map(faultOfSignal).find((one) => one !== null);
    if (fault !== undefined) return failed(block, describeFailure("config_unfit", { place: ".signal", fault }));
    return { kind: "record", entry: beginEntry(block, now, timeout === null ? null : now + timeout, { signals }) };
  }
  const row = inbox.givenTo(block.path);
  if (row !== undefined) return { kind: "settle", block, outcome: outcomeOf(row), taken: row.seq };
  if (timeout !== null && current.wakeAt !== null && now >= current.wakeAt) {
    return { kind: "settle", block, outcome: timedOut(timeout) };
  }
  return { kind: "wait", wakeAt: current.wakeAt };
}

/** The names of the signals that an attempt of a step waits for, as its entry says. */
export function awaitedSignals({ details }: StepResult): string[] {
  const signals = details?.signals;
  return Array.isArray(signals) ? signals.filter((name) => typeof name === "string") : [];
}

function outcomeOf({ name, body, id, receivedAt }: InboxRow): StepOutcome {
  return { output: JSON.parse(body), details: { signal: name, signal_id: id, received_at: isoTime(receivedAt) } };
}
