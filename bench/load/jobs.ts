import { join } from "node:path";
import { track } from "../platform/processes.ts";
import type { Usage } from "../platform/procfs.ts";
import type { Target } from "../platform/target.ts";
import type { Summary } from "../report/percentiles.ts";

/** One request, sent again and again. */
export interface RequestSpec {
  method: string;
  path: string;
  body?: string;
}

/** Every connection sends its next request as soon as the last one is answered. */
export interface ClosedJob {
  kind: "closed";
  target: Target;
  request: RequestSpec;
  connections: number;
  /** Load before the clock starts, in ms; its replies are counted in `ok`, but not in the rate. */
  warm_ms: number;
  /** When to stop: after this time in ms, or after so many requests. */
  until: { ms: number } | { requests: number };
}

/** Requests leave at fixed times whatever the server does; latency counts from the intended time. */
export interface OpenJob {
  kind: "open";
  target: Target;
  request: RequestSpec;
  connections: number;
  per_second: number;
  duration_ms: number;
}

/** One trigger at a time, each run polled without a pause until it has ended. */
export interface AloneJob {
  kind: "alone";
  target: Target;
  workflow_id: string;
  runs: number;
  warm_runs: number;
}

/** Triggers at fixed times, and polls runs until they have ended; latency counts from the intended time of the trigger. */
export interface FollowJob {
  kind: "follow";
  target: Target;
  workflow_id: string;
  per_second: number;
  duration_ms: number;
  /** One run in so many is polled, and has a latency; the others are looked at when all is over. */
  watch_every: number;
  /** Pause between an answer that shows a run unfinished and the next question, in ms. */
  pause_ms: number;
  /** How long each run sleeps by itself, in ms: no earlier question is asked, and latencies are without it. */
  asleep_ms: number;
}

/** Triggers runs of webhooks in a row, and receives the webhooks: so many runs under way, or triggers at fixed times. */
export interface ChainJob {
  kind: "chain";
  target: Target;
  /** Webhooks of each run. */
  webhooks: number;
  /** Runs before the clock starts. */
  warm_runs: number;
  load: { under_way: number } | { per_second: number };
  duration_ms: number;
}

/** Every user plays the original's seven requests in order, all users at once. */
export interface FlowJob {
  kind: "flow";
  target: Target;
  users: number;
  rounds: number;
}

export type Job = (ClosedJob | OpenJob | AloneJob | FollowJob | FlowJob | ChainJob) & {
  /** The measured processes by name, when they run on this machine: what they use goes into the result. */
  watched?: Record<string, number>;
};

/** What every job reports. */
export interface JobResult {
  /** Requests that should have been answered with a 2xx, whether they could be sent or not. */
  expected: number;
  /** Requests answered with a 2xx. */
  ok: number;
  /** Everything else by kind: connect, closed, timeout, garbled, status_<code>, not_sent… */
  errors: Record<string, number>;
  /** What the first few refused requests were told. */
  refusals: string[];
  /** 2xx per second of the measured span. */
  per_second: number;
  /** Unix time in ms at which the measured span began. */
  started_at: number;
  /** Length of the measured span in seconds, to the last reply. */
  wall_s: number;
  /** Duration of each request in ms. */
  latency: Summary;
  /** More durations in ms, by name. */
  more: Record<string, Summary>;
  /** Seconds it took to open all connections, before the measured span. */
  connect_s: number;
  /** CPU seconds that all processes of the machine used in the measured span. */
  machine_cpu_s: number;
  /** The generator's own cost over the measured span. */
  generator_cpu_s: number;
  generator_peak_mb: number;
  /** What each watched process used over the measured span (CPU), and holds at its end (memory). */
  processes: Record<string, Usage>;
}

/** Runs one job in a generator process of its own, so that its cost shows apart from the server's and from ours. */
export async function runJob(job: Job): Promise<JobResult> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "load.ts"), JSON.stringify(job)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  track(child);
  const text = await new Response(child.stdout).text();
  const code = await child.exited;
  if (code !== 0) throw new Error(`the load generator (${job.kind}) ended with code ${code}`);
  const result: JobResult = JSON.parse(text);
  return result;
}
