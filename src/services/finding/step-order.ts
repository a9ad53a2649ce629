/** The order of steps in a definition, by their paths. */

/** What comes behind the numbers in a segment: a default case, a handler, a compensation. */
const LETTERS = ["d", "c", "u"];

/** A path as numbers that compare one by one. */
export type Place = readonly number[];

/** The place of a path such as `3~2/0/c1/0`. */
export function placeOf(path: string): Place {
  return path.split("/").flatMap((segment) => {
    const [, letter = "", number = "0", attempt = "1"] = /^([a-z]?)(\d*)(?:~(\d+))?$/.exec(segment) ?? [];
    return [LETTERS.indexOf(letter) + 1, Number(number), Number(attempt)];
  });
}

/** Negative where the first is before the second; a step is before what it holds. */
export function inOrder(first: Place, second: Place): number {
  for (let at = 0; at < Math.min(first.length, second.length); at++) {
    const difference = (first[at] ?? 0) - (second[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return first.length - second.length;
}

/**
 * In which iteration of a map or a loop the path of a step is, from 0, by the path of that; null of one that is in none, as its handlers
 * and its compensation are.
 */
export function iterationIn(container: string, path: string): number | null {
  if (!path.startsWith(container)) return null;
  const number = /^(?:~\d+)?\/(\d+)\/\d/.exec(path.slice(container.length))?.[1];
  return number === undefined ? null : Number(number);
}
