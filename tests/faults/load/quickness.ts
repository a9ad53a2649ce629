/** How long the triggers of a stretch of time took, and their runs. */
import type { Sql } from "postgres";
import { kindOf, type Made } from "./kinds.ts";
import { type RequestLine, readLedger } from "./ledger.ts";

/** A stretch of time, milliseconds since the epoch. */
export interface Window {
  from: number;
  to: number;
}

/** The 99th percentiles of triggers that were sent in a window, milliseconds; infinite where more have no end. */
export interface Quickness {
  count: number;
  /** Until the trigger was answered. */
  trigger: number;
  /** Until its run ended, of workflows that do not sleep. */
  end: number;
}

/** The next so many milliseconds. */
export async function windowOf(milliseconds: number): Promise<Window> {
  const from = Date.now();
  await Bun.sleep(milliseconds);
  return { from, to: Date.now() };
}

/** To be asked once runs of the window had the time to end; `ledger` is the path of the load's. */
export async function quicknessIn(
  { from, to }: Window,
  { sql, kinds, ledger }: { sql: Sql; kinds: readonly Made[]; ledger: string },
): Promise<Quickness> {
  const lines = readLedger<RequestLine>(ledger);
  const sent = lines.filter(({ kind, at }) => kind === "sent" && at >= from && at < to);
  const answered = new Map(lines.flatMap(({ kind, n, at }) => (kind === "answered" ? [[n, at]] : [])));
  const numbers = sent.map(({ n }) => n);
  const rows = await sql<{ n: number; ended: number }[]>`
    select (payload->>'n')::integer as n, extract(epoch from completed_at)::float8 * 1000 as ended from workflow_runs
    where completed_at is not null and (payload->>'n')::integer between ${Math.min(...numbers)} and ${Math.max(...numbers)}`;
  const ended = new Map(rows.map(({ n, ended }) => [n, ended]));
  const awake = sent.filter(({ n }) => kindOf(kinds, n).steps.every(({ type }) => type !== "delay"));
  const times = (of: RequestLine[], ends: Map<number, number>) =>
    of.map(({ n, at }) => (ends.get(n) ?? Number.POSITIVE_INFINITY) - at);
  return { count: sent.length, trigger: p99(times(sent, answered)), end: p99(times(awake, ended)) };
}

function p99(times: number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN);
}
