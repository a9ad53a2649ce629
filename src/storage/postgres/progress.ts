import type { Clock } from "../../clock.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { Outcome, Progress } from "../port.ts";
import { SAVE_FAMILIES, SAVE_PROGRESS } from "./checkpoints.ts";
import { END_FAMILIES, END_RUNS, END_STARTING } from "./ends.ts";
import type { Ids } from "./ids.ts";
import { boundsOf, outcomesOf, writeInRounds } from "./statement.ts";

type Write = (batch: Progress[]) => Promise<Outcome<null>[]>;

/** Fenced writes of progress. */
export class ProgressWriter {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, clock: Clock, ids: Ids, owesEvents: boolean) {
    this.#pool = pool;
    this.#clock = clock;
    this.#ids = ids;
    this.#event = owesEvents ? "owed" : "none";
  }

  async save(items: Progress[]): Promise<Outcome<null>[]> {
    const outcomes = new Map<Progress, Outcome<null>>();
    const save = async (part: Progress[], write: Write) => {
      const saved = await writeInRounds(part, write);
      for (const [index, one] of part.entries()) outcomes.set(one, saved[index] ?? { kind: "lost" });
    };
    const kept = items.filter(({ next }) => next.kind !== "end");
    await save(
      kept.filter((one) => !hasFamily(one)),
      (batch) => this.#saveAlone(batch),
    );
    const saveFamilies: WriteNamed = (batch, oldest) =>
      this.#pool.run(SAVE_FAMILIES.call, [itemsText(batch), ...boundsOf(uuidsOf(batch)), oldest]);
    await save(kept.filter(hasFamily), (batch) => this.#withChildren(batch, saveFamilies));
    const ended = items.filter(({ next }) => next.kind === "end");
    await save(
      ended.filter(({ children }) => children !== undefined),
      (batch) => this.#withChildren(batch, (named, oldest) => this.#endRows(END_STARTING.call, named, oldest)),
    );
    const ending = ended.filter(({ children }) => children === undefined);
    await save(ending, (batch) => this.#end(END_RUNS.call, batch));
    // Those that were passed over, and those whose fence does not hold, which few are.
    await save(
      ending.filter((one) => outcomes.get(one)?.kind === "lost"),
      (batch) => this.#end(END_FAMILIES.call, batch),
    );
    return items.map((one) => outcomes.get(one) ?? { kind: "lost" });
  }

  async #saveAlone(batch: Progress[]): Promise<Outcome<null>[]> {
    const rows = await this.#pool.run<Written>(SAVE_PROGRESS.call, [itemsText(batch), ...boundsOf(uuidsOf(batch))]);
    return outcomesOf(batch, rows);
  }

  async #end(call: string, batch: Progress[]): Promise<Outcome<null>[]> {
    return outcomesOf(batch, await this.#endRows(call, batch));
  }

  #endRows(call: string, batch: Progress[], ...oldest: (number | null)[]): Promise<Written[]> {
    const results = `[${batch.map(({ next }) => (next.kind === "end" ? next.stepResults : "")).join(",")}]`;
    const bounds = boundsOf(uuidsOf(batch));
    return this.#pool.run(call, [itemsText(batch), this.#event, this.#clock.now(), results, ...bounds, ...oldest]);
  }

  /** Those whose children got ids that came too late are written again, with others. */
  async #withChildren(batch: Progress[], writeNamed: WriteNamed): Promise<Outcome<null>[]> {
    const outcomes = new Map<number, Outcome<null>>();
    const write = async (positions: number[], children: Named[], oldest: number | null) => {
      const items = positions.flatMap((position) => {
        const item = batch[position];
        const own = children.flatMap(({ owner, ...child }) => (owner === position ? [child] : []));
        return item === undefined ? [] : [own.length === 0 ? item : { ...item, children: own }];
      });
      const rows = await writeNamed(items, oldest);
      const written = new Map(rows.map((row) => [row.position, row.isLate]));
      for (const [index, position] of positions.entries()) {
        if (written.get(index) === true) continue;
        outcomes.set(position, written.has(index) ? { kind: "ok", value: null } : { kind: "lost" });
      }
    };
    const childless = [...batch.keys()].filter((position) => batch[position]?.children === undefined);
    if (childless.length > 0) await write(childless, [], null);
    const children = batch.flatMap(({ children: own = [] }, owner) => own.map((child) => ({ ...child, owner })));
    if (children.length > 0) {
      await this.#ids.store(children, async (named, oldest) => {
        await write([...new Set(named.map(({ owner }) => owner))], named, oldest);
        return named.map(({ owner }) => outcomes.get(owner) ?? null);
      });
    }
    return [...batch.keys()].map((position) => outcomes.get(position) ?? { kind: "lost" });
  }
}

/** `isLate`: not written, since the id of a run that it starts came too late. */
interface Written {
  position: number;
  isLate: boolean;
}

/** Writes items whose children have their ids, of which the oldest has this time. */
type WriteNamed = (batch: Progress[], oldest: number | null) => Promise<Written[]>;

/** A child with its id, and the position of the item that starts it. */
type Named = NonNullable<Progress["children"]>[number] & { owner: number };

/** Whether more than the run itself is written. */
function hasFamily({ taken, children, left }: Progress): boolean {
  return taken !== undefined || children !== undefined || left !== undefined;
}

function uuidsOf(batch: Progress[]): string[] {
  return batch.map(({ uuid }) => uuid);
}

function itemsText(batch: Progress[]): string {
  return JSON.stringify(batch.map(itemOf));
}

/** Absent fields are left out: PostgreSQL would have to parse a null. */
function itemOf({ told, entries, children, next, ...progress }: Progress, position: number) {
  const { status, error, output, errorDetails } = next.kind === "end" ? next : {};
  // As a text PostgreSQL reads it as a float8; JSON has no such number.
  const dueAt = next.kind === "due" ? (next.dueAt ?? "Infinity") : undefined;
  const started = children?.map((child) => ({
    ...child,
    workflowUuid: isUuid(child.workflow) ? child.workflow : undefined,
    version: child.version ?? undefined,
  }));
  const read = { position, ...progress, ...told };
  return {
    ...read,
    entries: entries ?? undefined,
    children: started,
    dueAt,
    status,
    error: error ?? undefined,
    output,
    errorDetails,
  };
}
