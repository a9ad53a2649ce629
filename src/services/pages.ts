import { ValidationFailed } from "../errors.ts";
import { isUuid } from "../ids.ts";
import type { PageQuery, PageRequest } from "../schemas/page.ts";

const DEFAULT_LIMIT = 50;

/** A page of a list with the cursor of the next one; null on the last. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
  limit: number;
}

/**
 * Reads one page. A cursor names its list and order, and is refused for any other.
 *
 * @throws ValidationFailed when the cursor is not one of this list and order.
 */
export async function readPage<Item extends { uuid: string }>(
  list: string,
  { limit = DEFAULT_LIMIT, order = "desc", cursor }: PageQuery,
  namespace: string,
  read: (page: PageRequest) => Promise<Item[]>,
): Promise<Page<Item>> {
  const after = cursor === undefined ? null : readCursor(cursor, list, order);
  // One more than asked for tells whether there is a next page.
  const rows = await read({ namespace, limit: limit + 1, order, after });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? writeCursor(list, order, last.uuid) : null;
  return { items, nextCursor, limit };
}

function writeCursor(list: string, order: string, uuid: string): string {
  return Buffer.from(`${list} ${order} ${uuid}`).toString("base64url");
}

function readCursor(cursor: string, list: string, order: string): string {
  const [itsList, itsOrder, uuid = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  if (itsList !== list || itsOrder !== order || !isUuid(uuid) || writeCursor(list, order, uuid) !== cursor) {
    const msg = "Input should be the next_cursor of a page of this list in this order";
    throw new ValidationFailed([{ loc: ["query", "cursor"], msg, type: "value_error" }]);
  }
  return uuid;
}
