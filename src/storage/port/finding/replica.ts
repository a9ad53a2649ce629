/**
 * A copy of the database that follows it at a distance. It is no part of Storage: whoever decides a write is given the one
 * and not the other.
 */
import type { Collector } from "../../../metrics/readings.ts";
import type { BreakerState } from "../../../resilience/breaker.ts";
import type { Reads } from "./reads.ts";

export interface Replica {
  /** They reject where it is out or can't answer; the storage can then. */
  readonly reads: Reads;
  readonly breaker: () => BreakerState;
  readonly collector: Collector;
  /** Whether it has all that was written until three seconds ago. */
  isNear(): boolean;
  /** Where the log of the database is after every write that was answered before: 16 digits, later ones are greater as texts. */
  position(): Promise<string>;
  /** Whether it is near and has all up to a position. It gets 100 ms for what it lacks. */
  reaches(position: string): Promise<boolean>;
  /** `degraded` where it is far behind. Rejects where it is out, or is no replica any more. */
  check(): Promise<"up" | "degraded">;
  close(): Promise<void>;
}
