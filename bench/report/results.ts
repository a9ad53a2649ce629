import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Facts } from "../platform/machine.ts";
import type { Outcome } from "../scenario.ts";
import type { Mode } from "../settings.ts";
import { passes, type Row } from "./table.ts";

/** What one mode has measured. */
export interface ModeResults {
  label: string;
  facts: Facts;
  /** The bare servers' rates of the same run, and whether nothing else ran; undefined when no scenario needed them. */
  bare: { get: number; post: number; quiet: boolean } | undefined;
  scenarios: Record<string, Outcome>;
}

/** Everything that one run of the bench has measured: what its file holds. */
export interface Results {
  measured_at: string;
  machine: Facts;
  modes: Partial<Record<Mode, ModeResults>>;
}

export const RESULTS_FOLDER = join(import.meta.dir, "../results");

/**
 * Writes what was measured to `bench/results/<date>-<cores>cores<suffix>.json`: a run of a part must not replace a whole
 * one. Returns the path.
 */
export async function writeResults(results: Results, suffix: string): Promise<string> {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const path = join(RESULTS_FOLDER, `${results.measured_at.slice(0, 10)}-${cpus().length}cores${suffix}.json`);
  // Whether a floor is kept is worked out, so that readers of the file need not.
  const marked = (_: string, value: unknown) => (isRow(value) ? { ...value, pass: passes(value) } : value);
  await Bun.write(path, `${JSON.stringify(results, marked, 2)}\n`);
  return path;
}

/** Reads a file that an earlier run has written. @throws Error when it is none. */
export async function readResults(path: string): Promise<Results> {
  const results: Results = await Bun.file(path).json();
  if (typeof results !== "object" || results === null || !("modes" in results)) {
    throw new Error(`${path} holds no results that can be compared: it has no "modes"`);
  }
  return results;
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && "floor" in value && value.floor !== undefined;
}
