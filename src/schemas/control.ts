import type { RunKey } from "./run.ts";

/** A request to a run that has not ended. */
export type ControlKind = "cancel";

export interface ControlRequest extends RunKey {
  kind: ControlKind;
}

/** cancelled: it ended with this. requested: its holder is asked to end it. over: it had ended before. */
export type ControlResult = "cancelled" | "requested" | "over";
