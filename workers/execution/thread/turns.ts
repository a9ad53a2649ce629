import type { Decision } from "../../../src/engine/steps/deciding/decision.ts";

/** What a run may cost before others have their turn, in units of expressions; some 250 ms. */
export const MAX_UNITS = 1_000_000;
/** Entries of the log that are told at once: to write and read their texts must not take long. */
export const MAX_ENTRIES = 10_000;
/** What a decision costs in such units, with the step that comes of it. */
export const UNITS_OF_A_DECISION = 30;

/** Where a run stops: at its end, at effects and waits, or for others to have their turn. */
export type Stop = Exclude<Decision, { kind: "record" | "settle" | "execute" }> | { kind: "again" };

/** It stands still: when it would go on is not asked. */
export const AT_REST: Stop = { kind: "wait", wakeAt: null };
