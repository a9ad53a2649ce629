import { LRUCache } from "lru-cache";
import type { Clock } from "./clock.ts";

/** Bytes of an entry beside its key and value: its places in the cache's lists, and the headers of objects. */
const ENTRY_BYTES = 200;

export interface LruOptions<Value> {
  maxBytes: number;
  bytesOf(value: Value): number;
  /** How long an entry is kept, in milliseconds of a clock; without it, for as long as there is room. */
  lifetime?: { clock: Clock; milliseconds: number };
}

export type Lru<Value extends object | string> = LRUCache<string, Value>;

/** A cache bounded in bytes, keys included: the least recently used is dropped first; a value above the bound is not kept. */
export function lru<Value extends object | string>({ maxBytes, bytesOf, lifetime }: LruOptions<Value>): Lru<Value> {
  return new LRUCache({
    maxSize: maxBytes,
    sizeCalculation: (value, key) => Math.ceil(ENTRY_BYTES + bytesOfText(key) + bytesOf(value)),
    ...(lifetime !== undefined && {
      // An entry of exactly this age is gone; the library would keep it until it is older.
      ttl: lifetime.milliseconds - 1,
      // Asked each time: kept between looks, the time would need a timer. Never 0, which would say that there is none.
      ttlResolution: 0,
      perf: { now: () => 1 + lifetime.clock.monotonic() },
    }),
  });
}

/** The most that a text takes: two bytes for every character. */
export function bytesOfText(text: string): number {
  return 2 * text.length;
}
