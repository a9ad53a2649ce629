/** More are not counted of what waits: see GET /api/v1/system. */
const MOST_COUNTED = 10_000;

/** A number of runs that is counted up to a bound. */
export function boundedText(count: number): string {
  return count >= MOST_COUNTED ? `${MOST_COUNTED.toLocaleString("en")} or more` : count.toLocaleString("en");
}
