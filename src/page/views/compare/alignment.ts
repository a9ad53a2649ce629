/** The steps of two runs side by side. */
import type { ShownStep } from "../../data/runs/outline.ts";

export interface ComparedStep {
  address: string;
  /** As each run has it; null where it has no such step. */
  before: ShownStep | null;
  after: ShownStep | null;
  /** What is different, in a few words each; none where only times are, and these hardly. */
  differences: string[];
  /** How many times as long it took in the second run; null where that can't be said. */
  factor: number | null;
}

/** Steps whose times differ by less, in milliseconds or as a factor, took as long. */
const NOTABLE_MILLISECONDS = 20;
const NOTABLE_FACTOR = 1.5;

/** The steps of both in the order of the first; those that it has not come behind the one they follow in the second. */
export function aligned(before: readonly ShownStep[], after: readonly ShownStep[]): ComparedStep[] {
  const known = new Set(before.map(({ address }) => address));
  const others = new Map(after.map((step) => [step.address, step]));
  const behind = new Map<string | null, ShownStep[]>();
  let last: string | null = null;
  for (const step of after) {
    if (known.has(step.address)) last = step.address;
    else if (behind.get(last)?.push(step) === undefined) behind.set(last, [step]);
  }
  const added = (place: string | null) => (behind.get(place) ?? []).map((step) => compared(null, step));
  return [
    ...added(null),
    ...before.flatMap((step) => [compared(step, others.get(step.address) ?? null), ...added(step.address)]),
  ];
}

/** Milliseconds that a step took; null where it has not ended, or never began. */
export function tookOf(step: Pick<ShownStep, "started_at" | "completed_at"> | null): number | null {
  if (step === null || step.started_at === null || step.completed_at === null) return null;
  return Math.max(0, Date.parse(step.completed_at) - Date.parse(step.started_at));
}

function compared(before: ShownStep | null, after: ShownStep | null): ComparedStep {
  const address = (before ?? after)?.address ?? "";
  const [first, second] = [tookOf(before), tookOf(after)];
  const factor = first === null || second === null || first === 0 ? null : second / first;
  if (before === null || after === null) {
    return { address, before, after, factor, differences: [before === null ? "only in B" : "only in A"] };
  }
  const differences: string[] = [];
  if (before.status !== after.status) differences.push("status");
  if ((before.attempts ?? 1) !== (after.attempts ?? 1)) differences.push("attempts");
  if (JSON.stringify(before.within) !== JSON.stringify(after.within)) differences.push("steps within");
  if (before.output_bytes !== after.output_bytes) differences.push("output");
  if (before.error !== after.error && before.status === after.status) differences.push("error");
  if (isNotable(first, second)) differences.push("time");
  return { address, before, after, factor, differences };
}

function isNotable(first: number | null, second: number | null): boolean {
  if (first === null || second === null || Math.abs(first - second) < NOTABLE_MILLISECONDS) return false;
  return Math.max(first, second) >= NOTABLE_FACTOR * Math.min(first, second);
}
