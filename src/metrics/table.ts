/** Every family that is counted, over all that runs in this process. */
import { API_PROGRAMS, type CountedFamily, counter, histogram, PROGRAMS, WORKER_PROGRAMS } from "./counts.ts";

/** The places where single calls become batches. */
const BATCHES = [
  "run_inserts",
  "run_batches",
  "run_reads",
  "request_key_reads",
  "signals",
  "workflow_inserts",
  "workflow_reads",
  "run_pages",
  "run_looks",
  "workflow_pages",
  "trigger_events",
  "progress",
  "unclaimed_progress",
  "completed_events",
] as const;
export type BatchName = (typeof BATCHES)[number];

/** How an attempt of a step ends: `retried` failed and is followed by another. */
export const ATTEMPT_OUTCOMES = ["success", "failed", "retried"] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];
/** Seconds. */
export const STEP_BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600];

/** The class of a reply's status, or why there is none. */
export const WEBHOOK_OUTCOMES = [
  "2xx",
  "3xx",
  "4xx",
  "5xx",
  "config",
  "network",
  "timeout",
  "output",
  "cancelled",
  "other",
] as const;
export type WebhookOutcome = (typeof WEBHOOK_OUTCOMES)[number];

/** Why a message is no trigger. */
const DEAD_LETTERS = ["unreadable", "no_value", "invalid", "unknown_run"] as const;
export type DeadLetterKind = (typeof DEAD_LETTERS)[number];

export const requestSeconds = histogram({
  name: "http_request_duration_seconds",
  help: "From when a request was there until its answer was made, by the path of its route",
  labels: { route: null, method: null, status: null },
  programs: API_PROGRAMS,
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
});
export const eventLoopDelay = histogram({
  name: "workflow_event_loop_delay_seconds",
  help: "How late a timer of 500 ms was: so long does everything on the main thread wait",
  labels: {},
  programs: PROGRAMS,
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
});

export const triggers = counter({
  name: "workflow_triggers_total",
  help: "Triggers: `stored`, `ended` where the run was executed before its insert, or the code of the refusal",
  labels: { outcome: null },
  programs: API_PROGRAMS,
});
export const triggerEvents = counter({
  name: "workflow_trigger_events_total",
  help: "Events of triggers by what the broker made of them; without a broker, those handed to the workers of the process",
  labels: { outcome: ["sent", "refused", "failed"] },
  programs: API_PROGRAMS,
});
export const cacheReads = counter({
  name: "workflow_cache_reads_total",
  help: "Runs that were looked for in the cache; those that have not ended are never there",
  labels: { result: ["hit", "miss"] },
  programs: API_PROGRAMS,
});
export const replicaReads = counter({
  name: "workflow_replica_reads_total",
  help: "Reads of the database by who answered: the replica (`answered`), or the primary, since the replica was out or `behind`, had `failed`, or knew no end of one of the runs (`unended`)",
  labels: { outcome: ["answered", "behind", "failed", "unended"] },
  programs: API_PROGRAMS,
});
export const batchItems = histogram({
  name: "workflow_batch_items",
  help: "How many calls became one batch",
  labels: { batch: BATCHES },
  programs: PROGRAMS,
  bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
});
export const batchWait = histogram({
  name: "workflow_batch_wait_seconds",
  help: "How long the first call of a batch waited until it was sent",
  labels: { batch: BATCHES },
  programs: PROGRAMS,
  bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
export const batchRejected = counter({
  name: "workflow_batch_rejected_total",
  help: "Calls that were refused at once, since too much waited already",
  labels: { batch: BATCHES },
  programs: PROGRAMS,
});
export const completedEvents = counter({
  name: "workflow_completed_events_total",
  help: "Completed events by what the broker made of them; a refused one is sent again",
  labels: { outcome: ["sent", "refused"] },
  programs: WORKER_PROGRAMS,
});
export const deadLetters = counter({
  name: "workflow_dead_letters_total",
  help: "Messages that were put on the topic for dead letters, by the kind of their reason",
  labels: { reason: DEAD_LETTERS },
  programs: WORKER_PROGRAMS,
});

export const onFailureRefused = counter({
  name: "workflow_on_failure_refused_total",
  help: "Runs that the failure of others was to start and that were not started, by the reason; the log names them",
  labels: { reason: null },
  programs: WORKER_PROGRAMS,
});
export const runsEnded = counter({
  name: "workflow_runs_ended_total",
  help: "Runs whose end was stored; 200 workflows of a process by their uuid, each after ten ends there, the rest as `other`",
  labels: { workflow: null, status: ["success", "failed", "cancelled"] },
  programs: WORKER_PROGRAMS,
});
export const stepAttempts = histogram({
  name: "workflow_step_attempt_duration_seconds",
  help: "How long attempts of steps took, waits and containers from when they first began; `retried` is a failure that is tried again; after a crash an attempt may count twice",
  labels: { type: null, outcome: ATTEMPT_OUTCOMES },
  programs: WORKER_PROGRAMS,
  bounds: STEP_BOUNDS,
});
export const webhookRequests = counter({
  name: "workflow_webhook_requests_total",
  help: "Webhooks by the class of the status that was answered, or the code of the failure: `config` for an address that is not permitted, `output` for a reply that can't be read",
  labels: { outcome: WEBHOOK_OUTCOMES },
  programs: WORKER_PROGRAMS,
});
export const leasesLost = counter({
  name: "workflow_leases_lost_total",
  help: "Leases that were over when they were to be renewed: other workers take the runs that were held",
  labels: {},
  programs: WORKER_PROGRAMS,
});
export const crashesCharged = counter({
  name: "workflow_crashes_charged_total",
  help: "Threads and processes that were lost under a run, which is charged for it",
  labels: {},
  programs: WORKER_PROGRAMS,
});

/** All of them, in the order of docs/operations.md. */
export const COUNTS: readonly CountedFamily[] = [
  requestSeconds,
  triggers,
  triggerEvents,
  cacheReads,
  replicaReads,
  batchItems,
  batchWait,
  batchRejected,
  onFailureRefused,
  runsEnded,
  stepAttempts,
  webhookRequests,
  completedEvents,
  deadLetters,
  leasesLost,
  crashesCharged,
  eventLoopDelay,
];
