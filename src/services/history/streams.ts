/** Readers that follow runs: one look into the storage for all of them, four times a second at most. */
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import type { RunEvent } from "../../schemas/runs/run-event.ts";
import type { HistoryRows, RunRecord, Storage } from "../../storage/port.ts";
import type { Places } from "../places.ts";
import { EventFold } from "./fold.ts";

export const MAX_STREAMS = 1000;
const LOOK_MILLISECONDS = 250;
/** A run of which nothing is new is looked for at every second look, then at every fourth. */
const MOST_LOOKS_APART = 4;

/** What a reader is given: events, with the mark of the end behind the last one. */
export interface EventBatch {
  events: RunEvent[];
  isOver: boolean;
}

/** A reader of one run. It is looked for only while it waits for events, so that a slow one costs nothing. */
export interface EventStream {
  /** Resolves once there is something new; with null once the stream was closed, or its run dropped. */
  next(): Promise<EventBatch | null>;
  close(): void;
}

interface Reader {
  key: RunKey;
  fold: EventFold;
  /** Rows of its log that were folded. */
  rows: number;
  /** Looks from one that asks for it to the next, and how many are left until then. */
  apart: number;
  left: number;
  take(batch: EventBatch | null): void;
}

export class EventStreams {
  readonly #storage: Pick<Storage, "findHistory">;
  readonly #find: (key: RunKey) => Promise<RunRecord | null>;
  readonly #places: Places;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #open = new Set<EventStream>();
  readonly #waiting = new Set<Reader>();
  #cancelLook: (() => void) | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;

  /** `find`: reads a run that is over. */
  constructor(
    storage: Pick<Storage, "findHistory">,
    find: (key: RunKey) => Promise<RunRecord | null>,
    places: Places,
    clock: Clock,
    log: Logger,
  ) {
    this.#storage = storage;
    this.#find = find;
    this.#places = places;
    this.#clock = clock;
    this.#log = log;
  }

  /** Follows a run that is stored. @throws PlatformError too_many_streams, shutting_down */
  open(key: RunKey): EventStream {
    const leave = this.#places.take();
    const reader: Reader = { key, fold: new EventFold(key.uuid), rows: 0, apart: 1, left: 0, take: () => {} };
    const stream: EventStream = {
      next: () => {
        if (!this.#open.has(stream)) return Promise.resolve(null);
        const { promise, resolve } = Promise.withResolvers<EventBatch | null>();
        reader.take = resolve;
        this.#waiting.add(reader);
        this.#lookSoon();
        return promise;
      },
      close: () => {
        this.#open.delete(stream);
        leave();
        this.#tell(reader, null);
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

  #lookSoon(): void {
    if (this.#cancelLook !== null) return;
    const rest = this.#lookedAt + LOOK_MILLISECONDS - this.#clock.monotonic();
    this.#cancelLook = this.#clock.timer(Math.max(0, rest), () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#lookedAt = this.#clock.monotonic();
    const asked = [...this.#waiting].filter((reader) => reader.left-- <= 0);
    try {
      const items = asked.map(({ key, rows }) => ({ ...key, rows }));
      const found = items.length === 0 ? [] : await this.#storage.findHistory(items);
      await Promise.all(asked.map((reader, index) => this.#fold(reader, found[index] ?? null)));
      this.#isFailing = false;
    } catch (error) {
      // They wait on: the next look finds what was missed.
      if (!this.#isFailing) this.#log.warn({ error: messageOf(error), streams: asked.length }, "events can't be read");
      this.#isFailing = true;
    }
    this.#cancelLook = null;
    if (this.#waiting.size > 0) this.#lookSoon();
  }

  async #fold(reader: Reader, history: HistoryRows | null): Promise<void> {
    if (history === null) return this.#tell(reader, null);
    const ended = history.completedAt === null ? null : await this.#find(reader.key);
    // It was closed meanwhile.
    if (!this.#waiting.has(reader)) return;
    const events = [...reader.fold.add(history), ...(ended === null ? [] : reader.fold.end(ended))];
    reader.rows = history.rows;
    reader.apart = events.length > 0 ? 1 : Math.min(2 * reader.apart, MOST_LOOKS_APART);
    reader.left = reader.apart - 1;
    if (events.length > 0) this.#tell(reader, { events, isOver: ended !== null });
  }

  #tell(reader: Reader, batch: EventBatch | null): void {
    this.#waiting.delete(reader);
    reader.take(batch);
  }
}
