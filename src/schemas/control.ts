import type { RunKey } from "./run.ts";

/** A request to a run that has not ended. */
export type ControlKind = "cancel";

export interface ControlRequest extends RunKey {
  kind: ControlKind;
}

/** What the holder of a run is told: a request, or that so many things came into its inbox by now. */
export type HolderNews = { kind: ControlKind } | { kind: "inbox"; last: number };

/** cancelled: it ended with this. requested: its holder is asked to end it. over: it had ended before. */
export type ControlResult = "cancelled" | "requested" | "over";
