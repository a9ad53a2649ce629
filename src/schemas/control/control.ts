import type { RunKey } from "../runs/run.ts";

/** What is asked of a run that has not ended: to end, to stand still, or to go on. */
export type ControlKind = "cancel" | "pause" | "resume";

export interface ControlRequest extends RunKey {
  kind: ControlKind;
  /** Of a cancel, for those who read the run; absent for none. */
  reason?: string;
  /** Of a cancel: whether what succeeded is undone; absent for true. */
  compensates?: boolean;
}

/** A run is to be cancelled. */
export interface Cancel {
  /** Whether what succeeded is undone first. */
  compensates: boolean;
}

/** What the holder of a run is told: a request, or that so many things came into its inbox by now. */
export type HolderNews = ({ kind: "cancel" } & Cancel) | { kind: "pause" } | { kind: "inbox"; last: number };

/**
 * cancelled: it ended with this. paused: it stands still. resumed: it goes on, as one does that was not paused. requested: whoever
 * holds it, or claims it next, does it. refused: it is being cancelled, and can't be paused. over: it had ended before.
 */
export type ControlResult = "cancelled" | "paused" | "resumed" | "requested" | "refused" | "over";

/** How a run is for a request to it. */
export type ControlStanding = "open" | "cancelling" | "over";

/** What an open run was asked that is not done yet; null for nothing. */
export type ControlState = "cancelling" | "pausing" | null;
