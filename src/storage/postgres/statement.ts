import { failureOf } from "../../db/postgres/failures.ts";
import { few } from "../../db/postgres/kept.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import type { Outcome, Refusal } from "../port.ts";
import { unstorable } from "../refusals.ts";

/** When a run ends: not before its last step, which has times of the process. The process binds its time as $3, milliseconds. */
export const ENDED_AT = "greatest(now(), to_timestamp($3::float8 / 1000))";

/** The uuids of a JSON array that is bound as `parameter`, each once, for a kept statement. */
export const asked = (parameter: string) => `(
    select distinct value::uuid as uuid from json_array_elements_text(${parameter}::text::json) where ${few("length(value)")}
  ) as asked`;

/** The runs of a text of `runsText` that is bound as `parameter`, each once, for a kept statement. */
export const askedRuns = (parameter: string) => `(
    select distinct namespace, value::uuid as uuid
    from json_each(${parameter}::text::json) as named (namespace, uuids), json_array_elements_text(uuids)
    where ${few("length(namespace)")} and ${few("length(value)")}
  ) as asked`;

/** Locks the rows of run_queue of items in the order of their uuids: what a statement then reads of them is what there is. */
export const lockQueued = (item: string) => `perform from run_queue q
  where q.run_uuid in (select uuid from ${item} where ${few("position")}) order by q.run_uuid for update`;

/**
 * Locks the rows of run_turns of runs ("uuids", a select) that wait for their turn, after those of run_queue, in an order of their own: what
 * comes for one comes before its turn, or after.
 */
export const lockInLine = (uuids: string) => `perform from run_turns t where t.run_uuid in (
    ${uuids}
  ) and t.begun_at is null order by t.workflow_uuid, t.line, t.seq for update`;

/** SQL for how many things came for a run of a row that is in no queue yet. */
export const came = (row: string) =>
  `(select coalesce(max(i.seq), 0) from run_inbox i where i.run_uuid = ${row}.run_uuid)`;

/** JSON text of runs: their uuids by namespace. */
export function runsText(keys: RunKey[]): string {
  const uuids = Map.groupBy(keys, ({ namespace }) => namespace);
  return JSON.stringify(Object.fromEntries([...uuids].map(([name, group]) => [name, group.map(({ uuid }) => uuid)])));
}

/**
 * The parameters of a look-up of runs: their namespaces, their uuids, and the smallest and the largest of these. It also finds a
 * row whose namespace is that of another run of the batch, which the caller leaves out.
 */
export function boundRuns(keys: RunKey[]): [namespaces: string, uuids: string, low: string, high: string] {
  const uuids = keys.map(({ uuid }) => uuid);
  return [arrayOf([...new Set(keys.map(({ namespace }) => namespace))]), arrayOf(uuids), ...boundsOf(uuids)];
}

/**
 * The condition that limits a statement to the partitions of its batch. The bounds are parameters, so that the others are left out
 * when the statement begins, and cost nothing however many there are.
 */
export const within = (column: string, low: string, high: string) =>
  `${column} >= ${low}::uuid and ${column} <= ${high}::uuid`;

/** An array of PostgreSQL. */
export function arrayOf(texts: string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
}

/** The smallest and the largest of the uuids of a batch. */
export function boundsOf(uuids: string[]): [low: string, high: string] {
  let low = "ffffffff-ffff-ffff-ffff-ffffffffffff";
  let high = "00000000-0000-0000-0000-000000000000";
  for (const uuid of uuids) {
    const lower = uuid.toLowerCase();
    if (lower < low) low = lower;
    if (lower > high) high = lower;
  }
  return [low, high];
}

/**
 * Writes a batch in one statement, which gives one outcome per item, in order. If the data of one item makes it fail, the
 * halves are written apart until that item is alone, so that its neighbours are written.
 */
export async function writeBatch<Item, Written>(
  items: Item[],
  write: (items: Item[]) => Promise<Written[]>,
): Promise<(Written | Refusal)[]> {
  if (items.length === 0) return [];
  try {
    return await write(items);
  } catch (error) {
    if (failureOf(error) !== "data") throw error;
    if (items.length === 1) return [unstorable(error)];
    const middle = items.length >> 1;
    return [...(await writeBatch(items.slice(0, middle), write)), ...(await writeBatch(items.slice(middle), write))];
  }
}

/** Writes items in rounds that name no run twice, each of them a batch; the outcomes in the order of the items. */
export async function writeInRounds<Item extends { uuid: string }, Written>(
  items: Item[],
  write: (items: Item[]) => Promise<Written[]>,
): Promise<(Written | Refusal | { kind: "lost" })[]> {
  const outcomes = new Map<Item, Written | Refusal | { kind: "lost" }>();
  for (const round of rounds(items, ({ uuid }) => uuid)) {
    const written = await writeBatch(round, write);
    for (const [index, item] of round.entries()) outcomes.set(item, written[index] ?? { kind: "lost" });
  }
  return items.map((item) => outcomes.get(item) ?? { kind: "lost" });
}

/** One outcome per item: a fenced statement gives the positions of those whose fence held. */
export function outcomesOf(items: unknown[], rows: { position: number }[]): Outcome<null>[] {
  const saved = new Set(rows.map(({ position }) => position));
  return items.map((_, position) => (saved.has(position) ? { kind: "ok", value: null } : { kind: "lost" }));
}

/**
 * Splits items into batches that hold no key twice, in order: one statement would apply only one of two writes to a row.
 */
export function rounds<Item>(items: Item[], keyOf: (item: Item) => string): Item[][] {
  const seen = new Map<string, number>();
  const batches: Item[][] = [];
  for (const item of items) {
    const round = seen.get(keyOf(item)) ?? 0;
    seen.set(keyOf(item), round + 1);
    batches[round] ??= [];
    batches[round].push(item);
  }
  return batches;
}

/** SQL for milliseconds since the epoch, whole, of a time. */
export const milliseconds = (column: string) => `floor(extract(epoch from ${column}) * 1000)::float8`;

/** The bounds of all uuids, for lists without an `after`. */
export const LAST_UUID = "ffffffff-ffff-ffff-ffff-ffffffffffff";
export const FIRST_UUID = "00000000-0000-0000-0000-000000000000";
