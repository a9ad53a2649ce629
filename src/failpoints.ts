/**
 * Places where a process kills itself as if by `kill -9`, when the environment says so: `FAILPOINT=trigger_committed:3` at the
 * third time that it gets there. They are for tests, at the seams between one system's commit and the next one's.
 */
export const FAILPOINTS = [
  /** API: the run is committed; its message is not published, the client has no answer. */
  "trigger_committed",
  /** Worker: runs that messages name are claimed; their offsets are not committed. */
  "messages_claimed",
  /** Worker: due runs are claimed; nothing is done with them yet. */
  "due_claimed",
  /** Worker: a side effect has happened; its result is not written down. */
  "effect_done",
  /** Worker: the progress of a run is written; its next step has not begun. */
  "progress_saved",
  /** Worker: ends are committed; their completed events are not sent. */
  "end_saved",
  /** Worker: completed events are with the broker; the rows still owe them. */
  "completed_published",
  /** Any: schedules are claimed; nothing is stored of their ticks. */
  "schedules_claimed",
  /** Any: the runs of ticks are stored, and their schedules moved; nobody was told. */
  "schedules_moved",
  /** API: what is to be done to a page of runs is decided; nothing of it is stored. */
  "bulk_decided",
  /** API: it is stored, and the action moved behind it; nobody was told. */
  "bulk_moved",
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

// Read here, and not with the configuration: the process is to die wherever it is, in a thread too.
const [armed, count = "1"] = (process.env.FAILPOINT ?? "").split(":");
let left = Number(count);

/** Dies here if this is the armed place, and its time has come. */
export function failpoint(name: Failpoint): void {
  if (name === armed && --left === 0) process.kill(process.pid, "SIGKILL");
}
