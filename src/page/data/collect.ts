/** The first items of a list that comes page after page, and whether it goes on. */
export async function collect<Item>(
  list: AsyncIterable<Item>,
  wanted: number,
): Promise<{ items: Item[]; hasMore: boolean }> {
  const items: Item[] = [];
  for await (const item of list) {
    if (items.length === wanted) return { items, hasMore: true };
    items.push(item);
  }
  return { items, hasMore: false };
}
