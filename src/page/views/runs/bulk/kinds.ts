import type { BulkAction } from "../../../../client/bulk.ts";

export type ActionKind = BulkAction["action"];

/** What can be done with many runs, in the words of its buttons. */
export const ACTIONS: readonly { kind: ActionKind; name: string; done: string }[] = [
  { kind: "cancel", name: "Cancel", done: "cancelled" },
  { kind: "pause", name: "Pause", done: "paused" },
  { kind: "resume", name: "Resume", done: "resumed" },
  { kind: "retry", name: "Retry", done: "tried again" },
];

export function doneText(kind: ActionKind): string {
  return ACTIONS.find((one) => one.kind === kind)?.done ?? kind;
}
