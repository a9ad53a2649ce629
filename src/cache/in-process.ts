import type { Clock } from "../clock.ts";
import type { RunRecord, WorkflowRecord } from "../storage/port.ts";
import {
  type Cache,
  type CacheEntry,
  type CacheRead,
  charactersOf,
  type Kept,
  type Kind,
  LIFETIMES,
  MAX_CHARACTERS,
} from "./port.ts";

export interface InProcessOptions {
  clock: Clock;
  /** Whether nobody else writes to the database; if others do, only what never changes is kept. */
  alone: boolean;
  /** What it may hold in memory; half of it for runs, half for workflows. */
  maxBytes?: number;
}

const MAX_BYTES = 32 * 1024 * 1024;

/** A cache in the memory of this process. It keeps no lists: they show what was written a moment ago. */
export function openInProcessCache({ clock, alone, maxBytes = MAX_BYTES }: InProcessOptions): Cache {
  return new InProcessCache(
    new Shelf<RunRecord>(clock, LIFETIMES.run, maxBytes / 2),
    alone ? new Shelf<WorkflowRecord>(clock, LIFETIMES.workflow, maxBytes / 2) : null,
  );
}

const NOT_KEPT = { value: null, ticket: null };

class InProcessCache implements Cache {
  readonly shared = false;
  readonly #shelves: { [K in Kind]: Shelf<Kept[K]> | null };
  /** Workflow writes so far; the ticket of what is read between two of them. */
  #changes = 0;
  #changing = 0;

  constructor(runs: Shelf<RunRecord>, workflows: Shelf<WorkflowRecord> | null) {
    this.#shelves = { run: runs, workflow: workflows, runs: null, workflows: null };
  }

  async read<K extends Kind>(kind: K, names: string[]): Promise<CacheRead<Kept[K]>[]> {
    const shelf = this.#shelves[kind];
    if (shelf === null) return names.map(() => NOT_KEPT);
    const ticket = this.#ticket();
    return names.map((name) => {
      const value = shelf.get(name);
      return { value, ticket: value === null ? ticket : null };
    });
  }

  async fill<K extends Kind>(kind: K, entries: CacheEntry<Kept[K]>[]): Promise<void> {
    const shelf = this.#shelves[kind];
    if (shelf === null) return;
    const current = this.#ticket();
    for (const { name, ticket, value } of entries) {
      if (ticket === current && charactersOf(value) <= MAX_CHARACTERS) shelf.put(name, value);
    }
  }

  async changeWorkflow<Result>(name: string, write: () => Promise<Result>): Promise<Result> {
    this.#changes++;
    this.#changing++;
    this.#shelves.workflow?.delete(name);
    try {
      return await write();
    } finally {
      this.#changing--;
    }
  }

  isUp(): boolean {
    return true;
  }

  breaker(): "closed" {
    return "closed";
  }

  async close(): Promise<void> {}

  /** While anything is being changed nothing is put in. */
  #ticket(): string | null {
    return this.#changing > 0 ? null : String(this.#changes);
  }
}

interface Place<Value> {
  value: Value;
  bytes: number;
  until: number;
}

/** Values of one kind by name, within a bound of bytes: what was used longest ago goes first. */
class Shelf<Value extends object> {
  readonly #clock: Clock;
  readonly #lifetime: number;
  readonly #maxBytes: number;
  /** Least recently used first: a Map keeps the order in which its keys were put in. */
  readonly #places = new Map<string, Place<Value>>();
  #bytes = 0;

  constructor(clock: Clock, lifetime: number, maxBytes: number) {
    this.#clock = clock;
    this.#lifetime = lifetime;
    this.#maxBytes = maxBytes;
  }

  get(name: string): Value | null {
    const place = this.#places.get(name);
    if (place === undefined) return null;
    if (place.until <= this.#clock.monotonic()) {
      this.delete(name);
      return null;
    }
    this.#places.delete(name);
    this.#places.set(name, place);
    return place.value;
  }

  put(name: string, value: Value): void {
    this.delete(name);
    const bytes = bytesOf(value);
    this.#places.set(name, { value, bytes, until: this.#clock.monotonic() + this.#lifetime });
    this.#bytes += bytes;
    for (const oldest of this.#places.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#bytes -= this.#places.get(name)?.bytes ?? 0;
    this.#places.delete(name);
  }
}

const OVERHEAD_BYTES = 600;

/** Two bytes for every character, which is the most that one takes. */
function bytesOf(row: object): number {
  const characters = Object.values(row).reduce((sum, field) => sum + (typeof field === "string" ? field.length : 0), 0);
  return OVERHEAD_BYTES + 2 * characters;
}
