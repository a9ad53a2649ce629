/** Whether the platform answers at all, as what was asked last says. */
import { signal } from "@preact/signals";
import type { Problem } from "./problem.ts";

export interface Outage {
  problem: Problem;
  /** Milliseconds since the epoch. */
  since: number;
  retryAt: number;
  again: () => void;
}

export const outage = signal<Outage | null>(null);

export function answered(): void {
  outage.value = null;
}

export function failed(problem: Problem, again: () => void): void {
  const now = Date.now();
  const since = outage.peek()?.since ?? now;
  outage.value = { problem, since, again, retryAt: now + (problem.retryAfter ?? 0) * 1000 };
}
