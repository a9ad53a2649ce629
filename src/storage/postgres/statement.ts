import { codeOf } from "../../db/pool.ts";
import type { Outcome } from "../port.ts";

/**
 * Writes a batch in one statement, which gives one outcome per item, in order. Where the data of one item makes it fail, the
 * halves are tried apart until that one is found: its neighbours are written.
 */
export async function writeBatch<Item, Value>(
  items: Item[],
  write: (items: Item[]) => Promise<Outcome<Value>[]>,
): Promise<Outcome<Value>[]> {
  if (items.length === 0) return [];
  try {
    return await write(items);
  } catch (error) {
    if (!isDataError(error)) throw error;
    if (items.length === 1) return [{ kind: "error", code: "unstorable", subject: "" }];
    const middle = items.length >> 1;
    return [...(await writeBatch(items.slice(0, middle), write)), ...(await writeBatch(items.slice(middle), write))];
  }
}

/** 22: the data does not fit its type; 23: a constraint; 54: a limit of the server, such as the depth of JSON. */
function isDataError(error: unknown): boolean {
  return /^(22|23|54)/.test(codeOf(error));
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
