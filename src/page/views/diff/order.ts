/** Which of the names that two lists share stand elsewhere: as few as can be, so that one that was moved is one. */
export function outOfOrder(before: readonly string[], after: readonly string[]): Set<string> {
  const places = new Map(before.map((name, index) => [name, index]));
  const shared = after.filter((name) => places.has(name));
  const kept = longestRising(shared.map((name) => places.get(name) ?? 0));
  return new Set(shared.filter((_, index) => !kept.has(index)));
}

/** The places of a longest part of a list that only rises. */
function longestRising(numbers: readonly number[]): Set<number> {
  /** For each length the place of the least number that such a part ends with. */
  const ends: number[] = [];
  const previous: number[] = [];
  for (const [place, number] of numbers.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    previous[place] = ends[low - 1] ?? -1;
    ends[low] = place;
  }
  const kept = new Set<number>();
  for (let place = ends.at(-1) ?? -1; place >= 0; place = previous[place] ?? -1) kept.add(place);
  return kept;
}
