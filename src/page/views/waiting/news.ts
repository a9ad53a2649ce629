/** What is shown of what waits, when it is read again and again. */
import type { WaitingRun } from "../../../schemas/runs/run-summary.ts";
import type { SignalWait } from "../../../schemas/runs/waiting.ts";

export interface WaitingStep {
  /** Of this step in this run: no two have one. */
  key: string;
  run: WaitingRun;
  wait: SignalWait;
  /** It was listed before, and has gone on since. */
  isGone: boolean;
}

/** What has gone on is kept in its place, so that nothing moves under the pointer, as long as there are not many. */
const MAX_GONE = 20;

/** What is shown when the list was read again: what was there stays where it is, what is new comes behind. */
export function withNews(shown: readonly WaitingStep[], found: readonly WaitingStep[]): WaitingStep[] {
  const now = new Map(found.map((step) => [step.key, step]));
  const kept = shown.map((step) => now.get(step.key) ?? { ...step, isGone: true });
  const known = new Set(shown.map(({ key }) => key));
  let gone = kept.filter(({ isGone }) => isGone).length;
  const few = kept.filter(({ isGone }) => !isGone || gone-- <= MAX_GONE);
  return [...few, ...found.filter(({ key }) => !known.has(key))];
}
