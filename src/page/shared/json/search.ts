import type { Key } from "./nodes.ts";

/** More places are not listed: whoever looks for less finds it. */
export const MAX_PLACES = 1000;

/** Where a text is in a value, in keys, texts, numbers and words, whatever its case: at most 1,000 places, in order. */
export function placesOf(text: string, value: unknown): Key[][] {
  const wanted = text.toLowerCase();
  const places: Key[][] = [];
  if (wanted !== "") visit(value, []);
  return places;

  function visit(at: unknown, path: Key[]): void {
    if (places.length === MAX_PLACES) return;
    const key = path.at(-1);
    const isKey = typeof key === "string" && key.toLowerCase().includes(wanted);
    const isOpen = typeof at === "object" && at !== null;
    if (isKey || (!isOpen && String(at).toLowerCase().includes(wanted))) places.push(path);
    if (Array.isArray(at)) for (const [index, item] of at.entries()) visit(item, [...path, index]);
    else if (isOpen) for (const [name, item] of Object.entries(at)) visit(item, [...path, name]);
  }
}
