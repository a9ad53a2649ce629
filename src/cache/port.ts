/**
 * The cache port: copies of rows that spare the database a question. A copy of what may still change is put in with a
 * ticket, which is got before the database is asked and which a change of the row makes void: what was read before a
 * change never gets in after it. Nothing here fails: a cache that is out has nothing and keeps nothing.
 */
import type { BreakerState } from "../breaker.ts";
import { pageBytes, type RunRecord, type WorkflowRecord } from "../storage/port.ts";

/** What may be kept. */
export interface Kept {
  /** A run that ended: it never changes again. */
  run: RunRecord;
  /** The newest version of a workflow. */
  workflow: WorkflowRecord;
  /** A page of a list; it may be as old as its lifetime. */
  runs: RunRecord[];
  workflows: WorkflowRecord[];
}

export type Kind = keyof Kept;

/** How long each is kept, milliseconds from its ticket on. */
export const LIFETIMES: Readonly<Record<Kind, number>> = { run: 10_000, workflow: 60_000, runs: 2000, workflows: 2000 };

/** What is longer than this as JSON text is not kept. */
export const MAX_CHARACTERS = 256 * 1024;

/** Characters of JSON text in a value: most of its size, without writing it. */
export function charactersOf(value: Kept[Kind]): number {
  return Array.isArray(value) ? value.reduce((sum, row) => sum + pageBytes(row), 0) : pageBytes(value);
}

/** What a read found: a value, or a ticket to put in what the database answers from now on; neither where none is kept. */
export interface CacheRead<Value> {
  value: Value | null;
  ticket: string | null;
}

export interface CacheEntry<Value> {
  name: string;
  ticket: string;
  value: Value;
}

export interface Cache {
  /** Whether other processes read it too: then it is worth putting a value in before anybody asked for it. */
  readonly shared: boolean;
  /** One answer for each name, in order. */
  read<K extends Kind>(kind: K, names: string[]): Promise<CacheRead<Kept[K]>[]>;
  /** Puts in values whose tickets still hold. Resolves when that is done, which nobody has to wait for. */
  fill<K extends Kind>(kind: K, entries: CacheEntry<Kept[K]>[]): Promise<void>;
  /**
   * Carries out a write to the workflow of a name. While it is under way nobody gets that workflow from the cache, and
   * once this has resolved nobody gets what it was before, in any process.
   *
   * @throws what the write throws.
   */
  changeWorkflow<Result>(name: string, write: () => Promise<Result>): Promise<Result>;
  /** Whether it keeps anything at the moment; for the readiness of the process. */
  isUp(): boolean;
  /** closed while it is up; else open, or half open while it is asked whether it is back. */
  breaker(): BreakerState;
  close(): Promise<void>;
}
