import type { Cache, CacheEntry, Kept } from "../cache/port.ts";
import type { PageRequest } from "../schemas/page.ts";

export interface CachedRead<K extends "run" | "workflow", Key> {
  cache: Cache;
  kind: K;
  keys: Key[];
  nameOf(key: Key): string;
  query(keys: Key[]): Promise<(Kept[K] | null)[]>;
  /** Whether what was found may be kept under the name of its key. */
  mayKeep(row: Kept[K], key: Key): boolean;
}

/** Rows from the cache, and what it has not by one query, put in for the next. What there is not is never kept. */
export async function readRows<K extends "run" | "workflow", Key>(
  read: CachedRead<K, Key>,
): Promise<(Kept[K] | null)[]> {
  const { cache, kind, keys, nameOf, query, mayKeep } = read;
  const found = await cache.read(kind, keys.map(nameOf));
  const missing = keys.filter((_, index) => !found[index]?.value);
  if (missing.length === 0) return found.map(({ value }) => value);
  const rows = await query(missing);
  const entries: CacheEntry<Kept[K]>[] = [];
  let next = 0;
  const all = keys.map((key, index) => {
    const { value = null, ticket = null } = found[index] ?? {};
    if (value !== null) return value;
    const row = rows[next++] ?? null;
    if (row !== null && ticket !== null && mayKeep(row, key)) entries.push({ name: nameOf(key), ticket, value: row });
    return row;
  });
  if (entries.length > 0) cache.fill(kind, entries);
  return all;
}

/** A page from the cache, or by a query. */
export async function readPage<K extends "runs" | "workflows">(
  cache: Cache,
  kind: K,
  page: PageRequest,
  query: (page: PageRequest) => Promise<Kept[K]>,
): Promise<Kept[K]> {
  // The namespace comes last: it is the only part that may hold anything.
  const name = `${page.order}:${page.limit}:${page.after ?? ""}:${page.namespace}`;
  const [found] = await cache.read(kind, [name]);
  if (found?.value) return found.value;
  const value = await query(page);
  if (found?.ticket) cache.fill(kind, [{ name, ticket: found.ticket, value }]);
  return value;
}
