/** One process of ours, the full stack of ours, or whatever someone else runs. */
export type Mode = "embedded" | "stack" | "url";

/** What the user asked for. */
export interface Settings {
  /** A platform that runs already. */
  url: string | undefined;
  /** Users of the flow instead of 1,000 and 10,000. */
  users: number | undefined;
  /** Length of the soak, and of the load at a hanging host; undefined: the scenario's own. */
  minutes: number | undefined;
  /** A tenth of the load, to see that a scenario works. */
  quick: boolean;
}
