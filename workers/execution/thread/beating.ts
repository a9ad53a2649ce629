import type { LogEntry } from "../../../src/schemas/log/log.ts";

const ENTRIES_A_BEAT = 500;

/** The entries of a log, with a sign of life now and then: a long one takes long to fold. */
export function* beating(entries: readonly LogEntry[], beat: () => void): Iterable<LogEntry> {
  for (const [index, entry] of entries.entries()) {
    if (index % ENTRIES_A_BEAT === 0) beat();
    yield entry;
  }
}
