import type { Config } from "../config.ts";

/** How long a message has to bring a run to a worker before the sweepers take it; without messages they do at once. */
const GRACE_MILLISECONDS = 2000;

/** The grace of new runs, milliseconds. */
export function graceOf({ postgres, kafka }: Pick<Config, "postgres" | "kafka">): number {
  return postgres !== null && kafka === null ? 0 : GRACE_MILLISECONDS;
}
