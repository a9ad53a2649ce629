/** Lists of runs that are followed: one look for all who follow the same, once a second, less often while they move on fast. */
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import type { RunsAsked } from "../../schemas/lists/run-query.ts";
import type { RunRecord, RunSummary } from "../../storage/port.ts";
import type { RunRow } from "../finding/row-progress.ts";
import type { RunLists } from "../finding/run-lists.ts";
import { NAMESPACE } from "../namespace.ts";
import type { Places } from "../places.ts";
import { hasChanged, type Seen } from "./seen.ts";

/** The newest runs of a list, which are followed. */
const WINDOW = 200;
const LOOK_MILLISECONDS = 1000;
/** A list that had moved on by more than its window is looked at every second time, then every fourth: all who follow it read it again. */
const MOST_LOOKS_APART = 4;
/** Changes that wait for a reader; with more it is told to read the list again. */
const MOST_WAITING = 1000;

/** A run that is new in a list, has another status than before, or has gone on. */
export interface RunChange {
  run: RunRow;
  /** Its status is that of before: its steps went on. */
  isProgress: boolean;
  /** When it was seen, milliseconds since the epoch. */
  seenAt: number;
}

/** `missed`: there was more than is told here, so that the list has to be read again. */
export interface ChangeBatch {
  changes: RunChange[];
  missed: boolean;
  /** A list goes on for good. */
  isOver: false;
}

/** A reader of one list. */
export interface LiveStream {
  /** Resolves once something has changed; with null once the stream was closed. */
  next(): Promise<ChangeBatch | null>;
  close(): void;
}

interface Reader {
  waiting: RunChange[];
  missed: boolean;
  /** Called when there is something, or nothing any more. */
  wake: (() => void) | null;
}

/** A list that is followed, as it was at the last look. */
interface Followed extends Seen {
  query: RunsAsked;
  readers: Set<Reader>;
  /** Looks from one at this list to the next, and how many are left until then. */
  apart: number;
  left: number;
}

export class LiveRuns {
  readonly #lists: Pick<RunLists, "summaries" | "withProgress">;
  readonly #find: (key: { namespace: string; uuid: string }) => Promise<RunRecord | null>;
  readonly #places: Places;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #followed = new Map<string, Followed>();
  readonly #open = new Set<LiveStream>();
  #cancelLook: (() => void) | null = null;
  #isFailing = false;

  constructor(
    lists: Pick<RunLists, "summaries" | "withProgress">,
    find: (key: { namespace: string; uuid: string }) => Promise<RunRecord | null>,
    places: Places,
    clock: Clock,
    log: Logger,
  ) {
    this.#lists = lists;
    this.#find = find;
    this.#places = places;
    this.#clock = clock;
    this.#log = log;
  }

  /** Follows the newest runs that fit, from how they are now. @throws PlatformError too_many_streams, shutting_down, and what a list throws */
  async open(query: RunsAsked): Promise<LiveStream> {
    const leave = this.#places.take();
    const name = JSON.stringify(query);
    const reader: Reader = { waiting: [], missed: false, wake: null };
    try {
      const seen = this.#followed.get(name) ?? (await this.#newest(query));
      const followed = this.#followed.get(name) ?? { query, ...seen, readers: new Set(), apart: 1, left: 0 };
      this.#followed.set(name, followed);
      followed.readers.add(reader);
      this.#lookLater();
    } catch (error) {
      leave();
      throw error;
    }
    let isClosed = false;
    const stream: LiveStream = {
      next: async () => {
        while (!isClosed && reader.waiting.length === 0 && !reader.missed) {
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
        }
        if (isClosed) return null;
        const batch = { changes: reader.waiting, missed: reader.missed, isOver: false } as const;
        reader.waiting = [];
        reader.missed = false;
        return batch;
      },
      close: () => {
        isClosed = true;
        this.#open.delete(stream);
        leave();
        const followed = this.#followed.get(name);
        followed?.readers.delete(reader);
        if (followed?.readers.size === 0) this.#followed.delete(name);
        reader.wake?.();
      },
    };
    this.#open.add(stream);
    return stream;
  }

  /** Ends all streams. */
  close(): void {
    this.#cancelLook?.();
    for (const stream of this.#open) stream.close();
  }

  async #newest(query: RunsAsked): Promise<Seen> {
    const seenAt = this.#clock.now();
    const { items, lookedTo } = await this.#lists.summaries({ ...query, order: "desc", limit: WINDOW }, null);
    const reach = items.length < WINDOW ? (lookedTo ?? "") : (items.at(-1)?.uuid ?? "");
    return { known: new Map(items.map((run) => [run.uuid, run])), reach, seenAt };
  }

  #lookLater(): void {
    this.#cancelLook ??= this.#clock.timer(LOOK_MILLISECONDS, () => void this.#look());
  }

  /** One list after the other, so that many different ones are slower, and cost no more. */
  async #look(): Promise<void> {
    for (const followed of [...this.#followed.values()]) {
      if (followed.left-- > 0) continue;
      try {
        await this.#compare(followed);
        this.#isFailing = false;
      } catch (error) {
        // The next look finds what has changed since the last one.
        if (!this.#isFailing) this.#log.warn({ error: messageOf(error) }, "a followed list can't be read");
        this.#isFailing = true;
      }
    }
    this.#cancelLook = null;
    if (this.#followed.size > 0) this.#lookLater();
  }

  async #compare(followed: Followed): Promise<void> {
    const now = await this.#newest(followed.query);
    const { known } = followed;
    const runs = [...now.known.values()];
    // The list has moved on by more than its window, or by runs that were stored and are over between two looks.
    const missed = runs.length === WINDOW && !runs.some(({ uuid }) => known.has(uuid));
    const left = [...known.values()].filter(({ uuid }) => !now.known.has(uuid) && uuid > now.reach);
    const changed = (await Promise.all(left.map((run) => this.#asItIs(run)))).filter((run) => run !== null);
    for (const run of runs.toReversed()) if (hasChanged(run, followed)) changed.push(run);
    const rows = await this.#lists.withProgress(changed);
    const apart = missed ? Math.min(2 * followed.apart, MOST_LOOKS_APART) : 1;
    Object.assign(followed, now, { apart, left: apart - 1 });
    const seenAt = this.#clock.now();
    const changes = rows.map((run) => ({ run, isProgress: known.get(run.uuid)?.status === run.status, seenAt }));
    if (changes.length === 0 && !missed) return;
    for (const reader of followed.readers) tell(reader, changes, missed);
  }

  /** A run that is in the list no more; null where it was dropped. */
  async #asItIs(run: RunSummary): Promise<RunSummary | null> {
    const found = await this.#find({ namespace: NAMESPACE, uuid: run.uuid });
    if (found === null) return null;
    const { status, startedAt, completedAt, error } = found;
    return { ...run, status, startedAt, completedAt, error, wakeAt: null, logRows: null };
  }
}

function tell(reader: Reader, changes: RunChange[], missed: boolean): void {
  reader.missed ||= missed || reader.waiting.length + changes.length > MOST_WAITING;
  reader.waiting = reader.missed ? [] : [...reader.waiting, ...changes];
  reader.wake?.();
}
