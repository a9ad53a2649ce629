import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Facts } from "./machine.ts";
import { pictureOf } from "./picture.ts";
import type { Mode, Outcome } from "./scenario.ts";
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

const FOLDER = join(import.meta.dir, "results");

/**
 * Writes what was measured to `bench/results/<date>-<cores>cores<suffix>.json`: a run of a part must not replace a whole
 * one. A whole one is also drawn, to `latest.svg`. Returns the paths.
 */
export async function writeResults(results: Results, suffix: string): Promise<string[]> {
  mkdirSync(FOLDER, { recursive: true });
  const name = `${results.measured_at.slice(0, 10)}-${cpus().length}cores${suffix}.json`;
  const path = join(FOLDER, name);
  // Whether a floor is kept is worked out, so that readers of the file need not.
  const marked = (_: string, value: unknown) => (isRow(value) ? { ...value, pass: passes(value) } : value);
  await Bun.write(path, `${JSON.stringify(results, marked, 2)}\n`);
  if (suffix !== "") return [path];
  const picture = join(FOLDER, "latest.svg");
  await Bun.write(picture, pictureOf(results, name));
  return [path, picture];
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
