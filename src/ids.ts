import type { Clock } from "./clock.ts";

/** A new UUIDv7 (RFC 9562) of a given time, milliseconds since the epoch. */
export function newId(now: number): string {
  return Bun.randomUUIDv7("hex", now);
}

const COUNTER_BITS = 12;

/**
 * Makes the UUIDv7s of one process: each is above all that it made before, and above the newest that was stored when it
 * began, also where the clock is set back: then the time of ids goes on at half its speed until the clock has caught up.
 */
export class IdMaker {
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  /** The time of ids, and the monotonic time when it was that; milliseconds. */
  #time: number;
  #at: number;
  /** Time and counter of the last id: the counter is the 12 bits behind the time (RFC 9562, 6.2, method 1). */
  #last: number;
  #counter = 0;
  /** The text of that time in an id, up to the counter: many ids have it in common. */
  #prefix: string;

  /** @param newest the newest id that is stored; null for none */
  constructor(clock: Pick<Clock, "now" | "monotonic">, newest: string | null) {
    this.#clock = clock;
    this.#at = clock.monotonic();
    this.#last = this.#time = newest === null ? 0 : (timeOfId(newest) ?? 0) + 1;
    this.#prefix = prefixOf(this.#last);
  }

  /** The time of ids, milliseconds since the epoch: that of the clock, unless the clock was set back. */
  now(): number {
    const at = this.#clock.monotonic();
    this.#time = Math.max(this.#clock.now(), this.#time + (at - this.#at) / 2);
    this.#at = at;
    return Math.floor(this.#time);
  }

  /** @param lead how far ahead of its time the id is made, milliseconds */
  next(lead = 0): string {
    const now = this.now() + Math.ceil(lead);
    if (now > this.#last) this.#moveTo(now);
    else if (++this.#counter >> COUNTER_BITS > 0) this.#moveTo(this.#last + 1);
    // A digit above the counter keeps its zeros. The variant and 62 random bits are where a UUID of version 4 has them.
    const counter = ((1 << COUNTER_BITS) + this.#counter).toString(16).slice(1);
    return `${this.#prefix}${counter}${crypto.randomUUID().slice(18)}`;
  }

  #moveTo(time: number): void {
    this.#last = time;
    this.#counter = 0;
    this.#prefix = prefixOf(time);
  }
}

/** How a UUIDv7 of a millisecond begins, up to the counter. */
function prefixOf(milliseconds: number): string {
  const time = Math.max(0, milliseconds).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

/** The smallest UUIDv7 of a millisecond: every id made before it sorts below. */
export function idFloor(milliseconds: number): string {
  return `${prefixOf(milliseconds)}000-8000-000000000000`;
}

/** When a UUIDv7 was made, milliseconds since the epoch; null for an id of another version. */
export function timeOfId(uuid: string): number | null {
  return uuid[14] === "7" ? Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16) : null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the form of a UUID of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
