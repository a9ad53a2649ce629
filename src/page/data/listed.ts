/** The list that somebody came from, so that they can go on to its next run, and back to it. */
let listed: { path: string; ids: readonly string[] } = { path: "/runs", ids: [] };

export function keepListed(path: string, ids: readonly string[]): void {
  listed = { path, ids };
}

/** Where the list is. */
export function listPath(): string {
  return listed.path;
}

/** The run that stands so many places behind (or before) a run in the list; null where there is none. */
export function neighbour(id: string, places: number): string | null {
  const place = listed.ids.indexOf(id);
  return place < 0 ? null : (listed.ids[place + places] ?? null);
}
