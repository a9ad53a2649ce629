import { type Interruption, interrupted } from "../../src/schemas/log/interrupted.ts";
import { joinLogs, parseLog, stepResultsText, tellMore } from "../../src/schemas/log/log.ts";
import type { ChildOfStep } from "../../src/schemas/runs/child.ts";
import type { Progress } from "../../src/storage/port.ts";
import type { Advanced, ReadyEffect } from "../execution/port.ts";

/** A write of what came; `saved` says that it was done, and gives the effects that may start then. */
interface LogWrite extends Pick<Progress, "seq" | "entries" | "taken" | "children" | "left"> {
  saved(): ReadyEffect[];
}

/** What the entries of a run say for others. */
type Beside = Pick<Advanced, "taken" | "children" | "left">;

/** The log of a held run: what of it is persisted, and what came since. */
export class HeldLog {
  /** Effects that come after what is not persisted. */
  ready: ReadyEffect[] = [];
  /** JSON array texts of what is persisted, or being written. */
  readonly #written: string[];
  /** The same of what came since. */
  #unsaved: string[] = [];
  /** What comes with its entries. */
  #beside: Required<Beside> = { taken: [], children: [], left: [] };
  #length: number;
  /** Give back the room of the replies that came with it; those of what is being written. */
  #releases: (() => void)[] = [];
  #releasesWritten: (() => void)[] = [];
  #isDropped = false;
  /** Whether the last write had something, and nobody heard that it was done. */
  #isUnsure = false;
  /** How much of what came was there when it was last asked how old that is. */
  #marked = 0;

  /** A log as it was claimed: JSON array text, and in how many rows it is stored. */
  constructor(log: string, length: number) {
    this.#written = log === "[]" ? [] : [log];
    this.#length = length;
  }

  get isEmpty(): boolean {
    return this.#written.length === 0 && this.#unsaved.length === 0;
  }

  /** All of it, as JSON array text. */
  get text(): string {
    return [...this.#written, ...this.#unsaved].reduce(joinLogs, "[]");
  }

  /** JSON text of the step results if the run ends now, in the middle of its steps. */
  interrupted(reason: Interruption, now: number): string {
    return stepResultsText(interrupted(parseLog(this.text), reason, now));
  }

  /** Whether some of what came has not been written since the last time that this was asked. */
  ages(): boolean {
    const isOld = this.#marked > 0;
    this.#marked = this.#unsaved.length;
    return isOld;
  }

  /** `entries`: JSON array text. */
  add(entries: string, { taken = [], children = [], left = [] }: Beside): void {
    if (entries !== "[]") this.#unsaved.push(entries);
    this.#beside.taken.push(...taken);
    this.#beside.children.push(...children);
    this.#beside.left.push(...left);
  }

  /** A run that its end starts. */
  addStarted(child: ChildOfStep): void {
    this.#beside.children.push(child);
  }

  /** `release` gives back the room of a reply once what came with it is persisted. */
  addReply(release: () => void): void {
    if (this.#isDropped) release();
    else this.#releases.push(release);
  }

  /** What is to be written of what came. Where the run ends, its results say it, unless attempts tell more. */
  write(isEnd: boolean): LogWrite {
    // What came since would stand in the place of what may not be there.
    if (this.#isUnsure) return { seq: this.#length, entries: null, saved: () => [] };
    const [unsaved, releases, ready] = [this.#unsaved, this.#releases, this.ready];
    const { taken, children, left } = this.#beside;
    this.#beside = { taken: [], children: [], left: [] };
    this.#unsaved = [];
    this.#marked = 0;
    this.#releases = [];
    this.#releasesWritten = releases;
    this.ready = [];
    const isTold = !isEnd || tellMore(unsaved.flatMap(parseLog));
    const entries = isTold && unsaved.length > 0 ? unsaved.reduce(joinLogs) : null;
    // From now on it is part of what a thread that does not have it needs.
    if (entries !== null) this.#written.push(entries);
    this.#isUnsure = entries !== null;
    return {
      seq: this.#length,
      entries,
      ...(taken.length > 0 && { taken }),
      ...(children.length > 0 && { children: children.map((child) => ({ ...child, uuid: null })) }),
      ...(left.length > 0 && { left }),
      saved: () => {
        for (const release of releases.splice(0)) release();
        if (entries !== null) this.#length++;
        this.#isUnsure = false;
        return ready;
      },
    };
  }

  /** The last write was refused, so that nothing of it is stored: that, and what came since, is as if it had not come. */
  refused(): void {
    if (this.#isUnsure) this.#written.pop();
    this.#isUnsure = false;
    this.#unsaved = [];
    this.#beside = { taken: [], children: [], left: [] };
    this.#releaseAll();
  }

  /** It is of no use any more: gives back all room. */
  drop(): void {
    this.#isDropped = true;
    this.#releaseAll();
  }

  #releaseAll(): void {
    for (const release of [...this.#releases.splice(0), ...this.#releasesWritten.splice(0)]) release();
  }
}
