/** Every family whose values are read. */
import type { BreakerState } from "../resilience/breaker.ts";
import { API_PROGRAMS, PROGRAMS, WORKER_PROGRAMS } from "./counts.ts";
import { PROCESS_GAUGES } from "./process-gauges.ts";
import { COLLECTORS, ReadFamily, type Reading } from "./readings.ts";

/** The connections to PostgreSQL: slow reads never take the last one. */
const POOLS = ["writes", "reads", "replica"] as const;
export type PoolName = (typeof POOLS)[number];

export const buildInfo = new ReadFamily({
  name: "workflow_build_info",
  help: "Always 1; the labels name the version, the mode and the command",
  labels: { version: null, mode: null, program: PROGRAMS },
  programs: PROGRAMS,
});
export const collectorUp = new ReadFamily({
  name: "workflow_collector_up",
  help: "1 where the values of the collector were read in time; 0 where they are left out",
  labels: { collector: COLLECTORS },
  programs: PROGRAMS,
});
export const partUp = new ReadFamily({
  name: "workflow_part_up",
  help: "1 where the service answers, as in /health/ready",
  labels: { part: null },
  programs: PROGRAMS,
});
export const partDegraded = new ReadFamily({
  name: "workflow_part_degraded",
  help: "1 where the service answers and does a part of its work badly or not at all",
  labels: { part: null },
  programs: PROGRAMS,
});
export const breakerOpen = new ReadFamily({
  name: "workflow_breaker_open",
  help: "1 where the breaker refuses work at once, 0.5 while a probe is on its way, 0 where work goes through",
  labels: { breaker: [...POOLS, "kafka", "redis"] },
  programs: PROGRAMS,
});
export const poolConnections = new ReadFamily({
  name: "workflow_pool_connections",
  help: "Connections to PostgreSQL",
  labels: { pool: POOLS, state: ["used", "idle"] },
  programs: PROGRAMS,
});
export const poolWaiting = new ReadFamily({
  name: "workflow_pool_waiting",
  help: "Statements that wait for a connection",
  labels: { pool: POOLS },
  programs: PROGRAMS,
});
export const replicaLag = new ReadFamily({
  name: "workflow_replica_lag_seconds",
  help: "How long ago the replica had everything, as far as this process knows: below 3 it answers lists; absent until it first had",
  labels: {},
  programs: API_PROGRAMS,
});
export const consumerLag = new ReadFamily({
  name: "workflow_consumer_lag",
  help: "Triggers that were sent and not yet taken by the workers; every process says the same",
  labels: { partition: null },
  programs: PROGRAMS,
});
export const brokerPartitions = new ReadFamily({
  name: "workflow_broker_partitions",
  help: "Partitions of the topics by whether all their replicas are in sync",
  labels: { state: ["in_sync", "under_replicated"] },
  programs: PROGRAMS,
});

export const oldestDue = new ReadFamily({
  name: "workflow_oldest_due_seconds",
  help: "How long ago the run was due that has waited longest for a worker; 0 where none is due; every process says the same",
  labels: {},
  programs: PROGRAMS,
});
export const queueRuns = new ReadFamily({
  name: "workflow_queue_runs",
  help: "Runs that any worker may claim, begun ones that wait for a time, those that wait for a signal or another run alone, those that wait for their turn, and those that are paused; up to 10,000 of each are counted (of those that are paused or wait for a signal 10,000 are looked at, with SQLite also of those that wait for a time, begun or not), 10 s old at most; every process says the same",
  labels: { state: ["due", "asleep", "waiting", "in_line", "paused"] },
  programs: PROGRAMS,
});
export const owedEvents = new ReadFamily({
  name: "workflow_owed_events",
  help: "Completed events that the broker should have by now; up to 10,000, 10 s old at most; every process says the same",
  labels: {},
  programs: PROGRAMS,
});
export const oldestOwed = new ReadFamily({
  name: "workflow_oldest_owed_event_seconds",
  help: "How long ago the first run ended whose completed event the broker should have by now, of the oldest 1,000; 0 without any, 10 s old at most; every process says the same",
  labels: {},
  programs: PROGRAMS,
});
export const monthsAhead = new ReadFamily({
  name: "workflow_partition_months_ahead",
  help: "Months after this one that have partitions in PostgreSQL: 3 unless making them fails",
  labels: {},
  programs: PROGRAMS,
});
export const retentionOverdue = new ReadFamily({
  name: "workflow_retention_overdue_seconds",
  help: "How long ago runs should have been dropped that are there still; 0 where there are none; absent where `RETENTION_DAYS` is 0",
  labels: {},
  programs: PROGRAMS,
});
export const runsHeld = new ReadFamily({
  name: "workflow_runs_held",
  help: "Runs that the worker has claimed, by how it found them",
  labels: { origin: ["message", "due"] },
  programs: WORKER_PROGRAMS,
});
export const effects = new ReadFamily({
  name: "workflow_effects",
  help: "Webhooks and other effects under way, and those that wait for a place",
  labels: { state: ["under_way", "waiting"] },
  programs: WORKER_PROGRAMS,
});
export const replyBytes = new ReadFamily({
  name: "workflow_reply_bytes",
  help: "Bytes of replies to webhooks that came and are not persisted yet",
  labels: {},
  programs: WORKER_PROGRAMS,
});
export const threadRestarts = new ReadFamily(
  {
    name: "workflow_thread_restarts_total",
    help: "Threads that took the place of lost ones; `alone` is the process for runs that have to be alone",
    labels: { company: ["shared", "alone"] },
    programs: WORKER_PROGRAMS,
  },
  "counter",
);
export const dataFree = new ReadFamily({
  name: "workflow_data_free_bytes",
  help: "Room that is left on the disk of `DATA_DIR`; without PostgreSQL",
  labels: {},
  programs: ["start"],
});

/** The value of a breaker's state. */
export function opennessOf(state: BreakerState): number {
  return { closed: 0, half_open: 0.5, open: 1 }[state];
}

/** All of them, in the order of docs/operations.md. */
export const GAUGES: readonly Reading["family"][] = [
  oldestDue,
  queueRuns,
  owedEvents,
  oldestOwed,
  monthsAhead,
  retentionOverdue,
  runsHeld,
  effects,
  replyBytes,
  threadRestarts,
  dataFree,
  partUp,
  partDegraded,
  breakerOpen,
  poolConnections,
  poolWaiting,
  replicaLag,
  consumerLag,
  brokerPartitions,
  collectorUp,
  buildInfo,
  ...PROCESS_GAUGES,
];
