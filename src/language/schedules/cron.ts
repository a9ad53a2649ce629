import { Cron } from "croner";
import type { Zone } from "./zone.ts";

const DAY = 24 * 60 * 60 * 1000;
/** Patterns that are kept of each zone: schedules ask for theirs at each tick. */
const MAX_PATTERNS = 200;
const patterns = new WeakMap<Zone, Map<string, CronPattern>>();

/**
 * Cron patterns on the clocks of a zone. The library tells the wall times of a pattern, as if they were of UTC; when these are is
 * decided here, as Vixie cron does it: a fixed hour that the clocks leave out fires once, when they go on, one that they show twice
 * fires the first time, and a pattern whose hour begins with `*` goes by the time that elapses. With a zone the library by itself
 * fires a pattern of several hours, such as `0,30 0-3 * * *`, twice in an hour that is shown twice.
 */
export class CronPattern {
  readonly #cron: Cron;
  readonly #zone: Zone;
  readonly #isElapsed: boolean;

  private constructor(cron: Cron, zone: Zone, isElapsed: boolean) {
    this.#cron = cron;
    this.#zone = zone;
    this.#isElapsed = isElapsed;
  }

  /** The pattern of a text, or what is wrong with it. */
  static parse(text: string, zone: Zone): CronPattern | { fault: string } {
    const ofZone = patterns.get(zone) ?? new Map<string, CronPattern>();
    patterns.set(zone, ofZone);
    const known = ofZone.get(text);
    if (known !== undefined) return known;
    const parsed = CronPattern.#parsed(text, zone);
    if ("fault" in parsed) return parsed;
    if (ofZone.size >= MAX_PATTERNS) ofZone.clear();
    ofZone.set(text, parsed);
    return parsed;
  }

  static #parsed(text: string, zone: Zone): CronPattern | { fault: string } {
    const parts = text.trim().split(/\s+/);
    const isNamed = parts[0]?.startsWith("@") === true;
    if (!isNamed && parts.length !== 5 && parts.length !== 6) {
      return { fault: `Should be a cron pattern of five or six fields: it has ${parts.length}` };
    }
    try {
      const cron = new Cron(text, { utcOffset: 0, mode: "5-or-6-parts", paused: true });
      const hour = parts.at(parts.length === 6 ? 2 : 1) ?? text.trim();
      return new CronPattern(cron, zone, /^(\*|\?|@hourly$)/i.test(hour));
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "";
      return { fault: `Should be a cron pattern of five or six fields: ${reason}` };
    }
  }

  /** The first tick after a moment; null where none comes any more. */
  next(after: number): number | null {
    return this.#isElapsed ? this.#nextElapsed(after) : this.#nextFixed(after);
  }

  #nextFixed(after: number): number | null {
    let wall: number | null = after + this.#zone.offsetAt(after);
    for (;;) {
      wall = this.#nextWall(wall);
      if (wall === null) return null;
      const moment = this.#zone.momentOf(wall);
      if (moment > after) return moment;
    }
  }

  #nextElapsed(after: number): number | null {
    const zone = this.#zone;
    let from = after;
    let offset = zone.offsetAt(from);
    for (;;) {
      const wall = this.#nextWall(from + offset);
      if (wall === null) return null;
      const moment = wall - offset;
      const horizon = Math.min(moment, from + DAY);
      let change: number;
      if (zone.offsetAt(horizon) !== offset) change = zone.changeBetween(from, horizon);
      else {
        if (moment === horizon) return moment;
        // Further on the clocks show nothing again that they have shown up to here.
        const first = zone.momentOf(wall);
        if (first + zone.offsetAt(first) === wall) return first;
        change = first;
      }
      from = change - 1;
      offset = zone.offsetAt(change);
    }
  }

  #nextWall(after: number): number | null {
    return this.#cron.nextRun(new Date(after))?.getTime() ?? null;
  }
}
