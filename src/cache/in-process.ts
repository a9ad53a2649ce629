import type { Clock } from "../clock.ts";
import { type Lru, lru } from "../lru.ts";
import { nameOfRun, type RunKey } from "../schemas/runs/run.ts";
import type { RunRecord } from "../storage/port.ts";
import { type Cache, charactersOf, type KeptRun, LIFETIME, MAX_CHARACTERS } from "./port.ts";

export interface InProcessOptions {
  clock: Clock;
  /** Its bound in memory. */
  maxBytes?: number;
}

const MAX_BYTES = 16 * 1024 * 1024;

/** A cache in the memory of this process. */
export function openInProcessCache({ clock, maxBytes = MAX_BYTES }: InProcessOptions): Cache {
  return new InProcessCache(clock, maxBytes);
}

/** Runs by namespace and uuid, bounded in bytes: the least recently used is dropped first. */
class InProcessCache implements Cache {
  readonly #runs: Lru<RunRecord>;

  constructor(clock: Clock, maxBytes: number) {
    this.#runs = lru({ maxBytes, bytesOf, lifetime: { clock, milliseconds: LIFETIME } });
  }

  async read(keys: RunKey[]): Promise<(RunRecord | null)[]> {
    return keys.map((key) => this.#runs.get(nameOfRun(key)) ?? null);
  }

  async keep(runs: KeptRun[]): Promise<void> {
    for (const { namespace, run } of runs) {
      if (charactersOf(run) <= MAX_CHARACTERS) this.#runs.set(nameOfRun({ namespace, uuid: run.uuid }), run);
    }
  }

  isUp(): boolean {
    return true;
  }

  breaker(): "closed" {
    return "closed";
  }

  async close(): Promise<void> {}
}

const OVERHEAD_BYTES = 600;

/** Two bytes for every character, which is the most that one takes. */
function bytesOf(run: RunRecord): number {
  const characters = Object.values(run).reduce((sum, field) => sum + (typeof field === "string" ? field.length : 0), 0);
  return OVERHEAD_BYTES + 2 * characters;
}
