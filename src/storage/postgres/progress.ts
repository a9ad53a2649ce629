import type { Clock } from "../../clock.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { ChildRefusal } from "../../schemas/runs/child.ts";
import type { MadeBy, Outcome, Progress, Saved } from "../port.ts";
import { SAVE_FAMILIES, SAVE_PROGRESS } from "./checkpoints.ts";
import { END_FAMILIES, END_RUNS, END_STARTING } from "./ends.ts";
import type { Ids } from "./ids.ts";
import { boundsOf, outcomesOf, writeInRounds } from "./statement.ts";

type Write = (batch: Progress[]) => Promise<Saved[]>;

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

  async save(items: Progress[]): Promise<Saved[]> {
    const outcomes = new Map<Progress, Saved>();
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
      (batch) => this.#withChildren(batch, (named, oldest) => this.#endRows<Written>(END_STARTING.call, named, oldest)),
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
    const rows = await this.#pool.run<Placed>(SAVE_PROGRESS.call, [itemsText(batch), ...boundsOf(uuidsOf(batch))]);
    return outcomesOf(batch, rows);
  }

  async #end(call: string, batch: Progress[]): Promise<Outcome<null>[]> {
    return outcomesOf(batch, await this.#endRows<Placed>(call, batch));
  }

  #endRows<Row extends Placed>(call: string, batch: Progress[], ...oldest: (number | null)[]): Promise<Row[]> {
    const results = `[${batch.map(({ next }) => (next.kind === "end" ? next.stepResults : "")).join(",")}]`;
    const bounds = boundsOf(uuidsOf(batch));
    return this.#pool.run(call, [itemsText(batch), this.#event, this.#clock.now(), results, ...bounds, ...oldest]);
  }

  /** Those whose children got ids that came too late are written again, with others. */
  async #withChildren(batch: Progress[], writeNamed: WriteNamed): Promise<Saved[]> {
    const outcomes = new Map<number, Saved>();
    const write = async (positions: number[], children: Named[], oldest: number | null) => {
      const items = positions.flatMap((position) => {
        const item = batch[position];
        const own = children.flatMap(({ owner, ...child }) => (owner === position ? [child] : []));
        return item === undefined ? [] : [own.length === 0 ? item : { ...item, children: own }];
      });
      const rows = await writeNamed(items, oldest);
      const written = Map.groupBy(rows, ({ position }) => position);
      for (const [index, position] of positions.entries()) {
        const outcome = savedBy(written.get(index) ?? []);
        if (outcome !== null) outcomes.set(position, outcome);
      }
    };
    const childless = [...batch.keys()].filter((position) => batch[position]?.children === undefined);
    if (childless.length > 0) await write(childless, [], null);
    const children = batch.flatMap(({ children: own = [] }, owner) => own.map((child) => ({ ...child, owner })));
    if (children.length > 0) {
      await this.#ids.store(children, async (named, oldest) => {
        await write([...new Set(named.map(({ owner }) => owner))], named, oldest);
        // Whatever came of its item: only one that came too late is named anew.
        return named.map(({ owner }) => (outcomes.has(owner) ? { kind: "lost" } : null));
      });
    }
    return [...batch.keys()].map((position) => outcomes.get(position) ?? { kind: "lost" });
  }
}

/** A row for an item that was written. */
interface Placed {
  position: number;
}

/** A row of the columns WRITTEN_COLUMNS: one for an item that was written, or one for each reason why it was not. */
interface Written extends Placed {
  /** The id of a run that it starts came too late. */
  isLate: boolean;
  /** A run that it starts has to be made by another version. */
  path: string | null;
  workflowUuid: string;
  version: number;
  refused: ChildRefusal | null;
}

/** What came of an item; null for one that came too late. */
function savedBy(rows: Written[]): Saved | null {
  const [first] = rows;
  if (first === undefined) return { kind: "lost" };
  if (rows.some(({ isLate }) => isLate)) return null;
  const children = rows.flatMap(({ path, workflowUuid, version }): MadeBy[] =>
    path === null ? [] : [{ path, workflowUuid, version }],
  );
  return children.length > 0 ? { kind: "unprepared", children } : { kind: "ok", value: first.refused };
}

/** Writes items whose children have their ids, of which the oldest has this time. */
type WriteNamed = (batch: Progress[], oldest: number | null) => Promise<Written[]>;

/** A child with its id, and the position of the item that starts it. */
type Named = NonNullable<Progress["children"]>[number] & { owner: number };

/** Whether more than the run itself is written. */
function hasFamily({ taken, children, left, obeys }: Progress): boolean {
  return taken !== undefined || children !== undefined || left !== undefined || obeys !== undefined;
}

function uuidsOf(batch: Progress[]): string[] {
  return batch.map(({ uuid }) => uuid);
}

function itemsText(batch: Progress[]): string {
  return JSON.stringify(batch.map(itemOf));
}

/** Absent fields are left out: PostgreSQL would have to parse a null. */
function itemOf({ told, entries, children, obeys, next, ...progress }: Progress, position: number) {
  const { status, error, output, errorDetails } = next.kind === "end" ? next : {};
  // As a text PostgreSQL reads it as a float8; JSON has no such number.
  const dueAt = next.kind === "due" ? (next.dueAt ?? "Infinity") : undefined;
  const started = children?.map(({ preparedFor, turn, ...child }) => ({
    ...child,
    workflowUuid: isUuid(child.workflow) ? child.workflow : undefined,
    version: child.version ?? undefined,
    preparedUuid: preparedFor?.workflowUuid,
    preparedVersion: preparedFor?.version,
    ...{ line: turn?.line, most: turn?.most, onLimit: turn?.onLimit },
    ...{ rateKey: turn?.rate?.key, rateMost: turn?.rate?.most, ratePer: turn?.rate?.perMilliseconds },
  }));
  const read = { position, ...progress, ...told };
  return {
    ...read,
    entries: entries ?? undefined,
    children: started,
    obeys: obeys?.compensates,
    dueAt,
    status,
    error: error ?? undefined,
    output,
    errorDetails,
  };
}
