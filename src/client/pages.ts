import type { Call, CallOptions, Connection } from "./connection.ts";

/** A part of a list. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** The items of a list, page after page. */
export async function* pagesOf<Item>(
  connection: Connection,
  path: string,
  query: NonNullable<Call["query"]>,
  options: CallOptions,
): AsyncGenerator<Item, void> {
  for (let cursor: string | undefined; ; ) {
    const page = await connection.json<Page<Item>>({
      ...{ method: "GET", path, query: { limit: 200, ...query, cursor }, isRepeatable: true },
      ...options,
    });
    yield* page.items;
    if (page.next_cursor === null) return;
    cursor = page.next_cursor;
  }
}
