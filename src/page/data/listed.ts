/** The list that somebody came from, so that they can go on to its next run, and back to it. */
export interface Listed {
  rows: { peek(): readonly { uuid: string }[] };
  /** Reads on in a direction, if there is more. */
  more(direction: "newer" | "older"): Promise<void>;
}

let listed: { path: string; list: Listed | null } = { path: "/runs", list: null };

export function keepListed(path: string, list: Listed): void {
  listed = { path, list };
}

/** Where the list is. */
export function listPath(): string {
  return listed.path;
}

/** The run behind a run in the list, or before it, which is read where the list does not have it yet; null where there is none. */
export async function neighbour(id: string, direction: "newer" | "older"): Promise<string | null> {
  const { list } = listed;
  const beside = () => {
    const rows = list?.rows.peek() ?? [];
    const place = rows.findIndex(({ uuid }) => uuid === id);
    return place < 0 ? null : rows[place + (direction === "older" ? 1 : -1)]?.uuid;
  };
  const found = beside();
  if (found !== undefined) return found;
  await list?.more(direction);
  return beside() ?? null;
}
