import type { ThreadSettings } from "../threads.ts";
import type { ThreadTask } from "../wire.ts";

/** The descriptors by which the process finds the memory that it shares, in the order of SharedMemory. */
export const MEMORY = { progress: 3, replies: 4, counts: 5 };

/** To the process for runs that are alone. */
export type ToProcess =
  /** The first message. */
  { kind: "open"; settings: ThreadSettings; maxTasks: number } | { kind: "run"; id: number; task: ThreadTask };

/** From there; results are packed. */
export type FromProcess =
  | { kind: "ready" }
  | { kind: "done"; id: number; results: string[] }
  | { kind: "failed"; id: number; error: string }
  | { kind: "posted"; packed: string[] };
