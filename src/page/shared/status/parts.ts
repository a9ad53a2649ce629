/** What the platform stands on, in the words and marks of the page. */

/** The status that the state of a service looks like. */
export const PART_STATUSES: Record<string, string> = { up: "success", degraded: "paused", down: "failed" };

/** What a service that is not up does to whoever uses the platform. */
const EFFECTS: Record<string, string> = {
  sqlite: "Nothing can be stored.",
  postgres: "Nothing can be stored.",
  kafka: "Runs go on, by looks into the database.",
  redis: "Reads are slower.",
  replica: "Reads go to the primary.",
};

/** What follows where a service is in this state; empty of one that is up. */
export function effectOf(name: string, state: string): string {
  return state === "up" ? "" : (EFFECTS[name] ?? "It is slower without it.");
}
