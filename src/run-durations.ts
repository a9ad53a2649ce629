import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import type { EndedStatus } from "./schemas/runs/run.ts";
import { minuteOf } from "./storage/port/finding/counts.ts";
import { ALL_WORKFLOWS, bucketOf, type DurationCount } from "./storage/port/finding/durations.ts";
import type { Storage } from "./storage/port.ts";

/** How often what was added up is written. */
const WRITE_MILLISECONDS = 10_000;
/** Of one write; and how many are kept while the storage is out. */
const MOST_WRITTEN = 2000;
const MOST_KEPT = 100_000;

/** A run whose end was stored by this process. */
export interface RunThatTook {
  namespace: string;
  workflowUuid: string;
  status: EndedStatus;
  milliseconds: number;
}

/** How often each bucket was met. */
type Buckets = Map<number, number>;

/** How long runs took whose ends workers of this process have stored: added up here, and written once in some seconds. */
export class RunDurations {
  readonly #storage: Pick<Storage, "addDurations">;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Of the minute that is under way, by workflow. */
  #workflows = new Map<string, { namespace: string; buckets: Buckets }>();
  #minute = 0;
  /** Of minutes before, and what the storage did not take. */
  #items: DurationCount[] = [];
  #writing: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;

  constructor(storage: Pick<Storage, "addDurations">, clock: Clock, log: Logger) {
    this.#storage = storage;
    this.#clock = clock;
    this.#log = log;
  }

  /** Those that were cancelled are not counted: they took as long as it pleased somebody. */
  add({ namespace, workflowUuid, status, milliseconds }: RunThatTook): void {
    if (status === "cancelled") return;
    const minute = minuteOf(this.#clock.now());
    if (minute !== this.#minute) this.#turn(minute);
    let counted = this.#workflows.get(workflowUuid);
    if (counted === undefined) {
      counted = { namespace, buckets: new Map() };
      this.#workflows.set(workflowUuid, counted);
    }
    countIn(counted.buckets, bucketOf(milliseconds), 1);
    this.#cancelTimer ??= this.#clock.timer(WRITE_MILLISECONDS, () => void this.write());
  }

  /** Writes what was added up. What the storage does not take is written later; where it was taken all the same, it counts twice. */
  write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#turn(this.#minute);
    while (this.#items.length > 0) {
      const items = this.#items.splice(0, MOST_WRITTEN);
      try {
        await this.#storage.addDurations(items);
      } catch (error) {
        this.#log.debug({ error: messageOf(error) }, "how long runs took is not written yet");
        this.#keep(items);
        this.#cancelTimer ??= this.#clock.timer(WRITE_MILLISECONDS, () => void this.write());
        return;
      }
    }
  }

  /** Another minute begins, or what was counted of this one is to be written. */
  #turn(minute: number): void {
    const all = new Map<string, Buckets>();
    for (const [workflowUuid, { namespace, buckets }] of this.#workflows) {
      this.#keep(itemsOf({ namespace, workflowUuid, minute: this.#minute }, buckets));
      const sum = all.get(namespace) ?? new Map();
      all.set(namespace, sum);
      for (const [bucket, count] of buckets) countIn(sum, bucket, count);
    }
    for (const [namespace, buckets] of all) {
      this.#keep(itemsOf({ namespace, workflowUuid: ALL_WORKFLOWS, minute: this.#minute }, buckets));
    }
    this.#workflows = new Map();
    this.#minute = minute;
  }

  #keep(items: DurationCount[]): void {
    const room = MOST_KEPT - this.#items.length;
    for (const item of items.slice(0, Math.max(0, room))) this.#items.push(item);
  }
}

function countIn(buckets: Buckets, bucket: number, count: number): void {
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
}

function itemsOf(of: Omit<DurationCount, "bucket" | "count">, buckets: Buckets): DurationCount[] {
  return [...buckets].map(([bucket, count]) => ({ ...of, bucket, count }));
}
