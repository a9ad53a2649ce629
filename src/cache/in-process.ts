import type { Clock } from "../clock.ts";
import type { RunRecord } from "../storage/port.ts";
import { type Cache, charactersOf, LIFETIME, MAX_CHARACTERS } from "./port.ts";

export interface InProcessOptions {
  clock: Clock;
  /** What it may hold in memory. */
  maxBytes?: number;
}

const MAX_BYTES = 16 * 1024 * 1024;

/** A cache in the memory of this process. */
export function openInProcessCache({ clock, maxBytes = MAX_BYTES }: InProcessOptions): Cache {
  return new InProcessCache(clock, maxBytes);
}

interface Place {
  run: RunRecord;
  bytes: number;
  until: number;
}

/** Runs by uuid, within a bound of bytes: what was used longest ago goes first. */
class InProcessCache implements Cache {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  /** Least recently used first: a Map keeps the order in which its keys were put in. */
  readonly #places = new Map<string, Place>();
  #bytes = 0;

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  async read(uuids: string[]): Promise<(RunRecord | null)[]> {
    return uuids.map((uuid) => this.#get(uuid));
  }

  async keep(runs: RunRecord[]): Promise<void> {
    for (const run of runs) if (charactersOf(run) <= MAX_CHARACTERS) this.#put(run);
  }

  isUp(): boolean {
    return true;
  }

  breaker(): "closed" {
    return "closed";
  }

  async close(): Promise<void> {}

  #get(uuid: string): RunRecord | null {
    const place = this.#places.get(uuid);
    if (place === undefined) return null;
    if (place.until <= this.#clock.monotonic()) {
      this.#drop(uuid);
      return null;
    }
    this.#places.delete(uuid);
    this.#places.set(uuid, place);
    return place.run;
  }

  #put(run: RunRecord): void {
    this.#drop(run.uuid);
    const bytes = bytesOf(run);
    this.#places.set(run.uuid, { run, bytes, until: this.#clock.monotonic() + LIFETIME });
    this.#bytes += bytes;
    for (const oldest of this.#places.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(uuid: string): void {
    this.#bytes -= this.#places.get(uuid)?.bytes ?? 0;
    this.#places.delete(uuid);
  }
}

const OVERHEAD_BYTES = 600;

/** Two bytes for every character, which is the most that one takes. */
function bytesOf(run: RunRecord): number {
  const characters = Object.values(run).reduce((sum, field) => sum + (typeof field === "string" ? field.length : 0), 0);
  return OVERHEAD_BYTES + 2 * characters;
}
