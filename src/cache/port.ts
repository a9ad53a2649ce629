/**
 * The cache port: copies of runs that ended, which never change again, so that no failure makes a copy wrong. Everything
 * that may still change is read from the database. No call fails: a cache that is out has nothing and keeps nothing.
 */

import type { BreakerState } from "../resilience/breaker.ts";
import { pageBytes } from "../schemas/lists/page.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import type { RunRecord } from "../storage/port.ts";

/** How long a run is kept, milliseconds. */
export const LIFETIME = 10_000;

/** Runs that are longer as JSON text are not kept. */
export const MAX_CHARACTERS = 256 * 1024;

/** Characters of JSON text in a run: most of its size, without writing it. */
export const charactersOf = pageBytes;

/** A run that is kept, and its namespace. */
export interface KeptRun {
  namespace: string;
  run: RunRecord;
}

export interface Cache {
  /** One answer for each key, in order; null where there is no copy. */
  read(keys: RunKey[]): Promise<(RunRecord | null)[]>;
  /** Keeps runs that ended. Resolves when that is done; callers need not wait for it. */
  keep(runs: KeptRun[]): Promise<void>;
  /** Whether it keeps anything at the moment; for the readiness of the process. */
  isUp(): boolean;
  /** closed while it is up; else open, or half open while it is asked whether it is back. */
  breaker(): BreakerState;
  close(): Promise<void>;
}
