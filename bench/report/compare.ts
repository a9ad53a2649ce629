import type { ModeResults, Results } from "./results.ts";
import { plain, type Row } from "./table.ts";

/** A rate below this share of the older one is a fault. */
const LEAST = 0.85;
/** A latency, or memory, above this multiple of the older one is a fault. */
const MOST = 1.2;

/** What a comparison with an older run has shown. */
export interface Comparison {
  compared: number;
  /** The figures that got worse by more than is allowed, as sentences. */
  faults: string[];
  notes: string[];
}

/**
 * Holds every figure that both runs have and that says which way is better against the older run's. Rates under full load
 * are compared as shares of the bare server's rate in their own run, and latencies under full load as multiples of its
 * time for a request, so that a machine that is busier or slower today does not look like a slower platform. Latencies at
 * a low rate and memory do not depend on the machine's speed in that way, and are compared as they are.
 */
export function compare(ours: Results, older: Results): Comparison {
  const comparison: Comparison = { compared: 0, faults: [], notes: [] };
  for (const mode of ["embedded", "stack", "url"] as const) {
    const [now, before] = [ours.modes[mode], older.modes[mode]];
    if (now !== undefined && before !== undefined) compareModes(now, before, comparison);
  }
  if (comparison.compared === 0) comparison.faults.push("the two runs have no figure in common");
  return comparison;
}

function compareModes(now: ModeResults, before: ModeResults, comparison: Comparison): void {
  const past = new Map(figuresOf(before).map(({ name, row }) => [name, row]));
  for (const { name, row } of figuresOf(now)) {
    const old = past.get(name);
    if (row.better === undefined || old === undefined) continue;
    comparison.compared++;
    const speed = speedup(row, now, before);
    const ratio = row.ours === old.ours ? 1 : row.ours / old.ours / (row.better === "higher" ? speed : 1 / speed);
    if (row.better === "higher" ? ratio >= LEAST : ratio <= MOST) continue;
    const against = speed === 1 ? "" : ` on a machine that is ${plain(speed)} times as fast now`;
    comparison.faults.push(
      `${now.label}: ${name}: ${plain(row.ours)} ${row.unit}, was ${plain(old.ours)}${against}: ${plain(ratio)}×`,
    );
  }
  if (now.bare === undefined || before.bare === undefined) {
    comparison.notes.push(
      `${now.label}: one of the runs has no bare server's rate, so figures are compared as they are`,
    );
  }
}

/** How many times as fast the bare server is now that bounds a figure; 1 for a figure that none bounds. */
function speedup(row: Row, now: ModeResults, before: ModeResults): number {
  if (row.bound === undefined || now.bare === undefined || before.bare === undefined) return 1;
  return now.bare[row.bound] / before.bare[row.bound];
}

function figuresOf({ scenarios }: ModeResults): { name: string; row: Row }[] {
  return Object.values(scenarios).flatMap(({ tables }) =>
    tables.flatMap(({ title, rows }) => rows.map((row) => ({ name: `${title}: ${row.figure}`, row }))),
  );
}
