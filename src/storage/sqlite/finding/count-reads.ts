/** Reads what was counted, in pieces: the thread that reads serves requests as well, and a week of many workflows takes long. */
import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { reading } from "../../../db/sqlite.ts";
import { byWorkflowText, failuresText, limitsAt, partsText } from "../../counting.ts";
import { failingOf, minuteOf } from "../../port/finding/counts.ts";
import type { Counts, CountsAsked, CountsFound } from "../../port.ts";

const HOUR = 60;
/** Minutes of a piece, where they are told apart and where only hours are. */
const [YOUNG_PIECE, OLD_PIECE] = [5, 6 * HOUR];

const PARTS = partsText("$namespace", "$from", "$minutes", "$until");
const WORKFLOWS = byWorkflowText("$namespace", "$from", "$until");
const FAILURES = failuresText("$namespace", "$from", "$minutes", "select value from json_each($failing)", "$until");
const OLDEST = `select min(minute) as minute from (
  select min(minute) as minute from run_counts union all select min(minute) from run_count_hours)`;

interface Piece {
  from: number;
  until: number;
}

/** See Storage. */
export async function findCounts(database: Database, asked: CountsAsked, clock: Clock): Promise<CountsFound> {
  const { namespace, minutes, workflows } = asked;
  const all = <Row>(text: string, bindings: Record<string, string | number>) =>
    database.query<Row, Record<string, string | number>[]>(text).all({ namespace, ...bindings });
  const oldest = reading(() => database.query<{ minute: number | null }, []>(OLDEST).get()?.minute);
  const now = minuteOf(clock.now());
  const pieces = piecesOf(Math.max(asked.from, oldest ?? now), now);
  const parts = new Map<number, Counts & { at: number }>();
  const byWorkflow = new Map<string, Counts & { workflowUuid: string }>();
  for (const piece of pieces) {
    const inParts = reading(() => all<CountsFound["parts"][number]>(PARTS, { ...piece, minutes }));
    for (const row of inParts) add(parts, row.at, row);
    await turn(clock);
    const ofWorkflows = reading(() => all<CountsFound["workflows"][number]>(WORKFLOWS, { ...piece }));
    for (const row of ofWorkflows) add(byWorkflow, row.workflowUuid, row);
    await turn(clock);
  }
  const most = [...byWorkflow.values()].sort(mostFailedFirst).slice(0, workflows);
  const failing = failingOf(most);
  const failures: CountsFound["failures"] = [];
  for (const piece of failing.length === 0 ? [] : pieces) {
    failures.push(
      ...reading(() =>
        all<(typeof failures)[number]>(FAILURES, { ...piece, minutes, failing: JSON.stringify(failing) }),
      ),
    );
    await turn(clock);
  }
  // An hour of minutes may have been put together while it was read.
  if (limitsAt(minuteOf(clock.now())).hours !== limitsAt(now).hours) return findCounts(database, asked, clock);
  return {
    parts: [...parts.values()].sort((one, other) => one.at - other.at),
    workflows: most,
    failures: together(failures),
  };
}

/** Old minutes that are yet to be put together stay with their hour; the last piece has no end. */
function piecesOf(from: number, now: number): Piece[] {
  const young = limitsAt(now).hours;
  const starts: number[] = [from];
  for (let at = from; ; starts.push(at)) {
    at = at < young ? Math.min(at - (at % HOUR) + OLD_PIECE, young) : at + YOUNG_PIECE;
    if (at > now) break;
  }
  return starts.map((start, index) => ({ from: start, until: starts[index + 1] ?? Number.MAX_SAFE_INTEGER }));
}

function add<Key, Row extends Counts>(sums: Map<Key, Row>, key: Key, row: Row): void {
  const sum = sums.get(key);
  if (sum === undefined) return void sums.set(key, row);
  sum.created += row.created;
  sum.success += row.success;
  sum.failed += row.failed;
  sum.cancelled += row.cancelled;
}

/** Parts longer than a piece are in several. */
function together(failures: CountsFound["failures"]): CountsFound["failures"] {
  const sums = new Map<string, CountsFound["failures"][number]>();
  for (const one of failures) {
    const sum = sums.get(`${one.workflowUuid} ${one.at}`);
    if (sum === undefined) sums.set(`${one.workflowUuid} ${one.at}`, one);
    else sum.failed += one.failed;
  }
  return [...sums.values()];
}

function mostFailedFirst(one: CountsFound["workflows"][number], other: CountsFound["workflows"][number]): number {
  return other.failed - one.failed || other.created - one.created || (one.workflowUuid < other.workflowUuid ? -1 : 1);
}

function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.nextTurn(resolve));
}
