import { createTransformWorkflow, newestRun, waitForRuns } from "../api.ts";
import { FLOORS } from "../floors.ts";
import { type JobResult, runJob } from "../jobs.ts";
import { measure, type Platform, walBytes, withPlatform } from "../platform.ts";
import { busyNotes, type Outcome, processRows, type Session } from "../scenario.ts";
import type { Table } from "../table.ts";
import { triggerRequest } from "./limits.ts";

const PER_SECOND = 5000;
const DURATION_MS = 20_000;
const PROBES_PER_SECOND = 200;

/** How long the event loop stands still at 5,000 triggers/s, seen by a client that only asks for `/health`. */
export async function stall(session: Session): Promise<Outcome> {
  session.progress(`stall: ${PER_SECOND} triggers/s for ${DURATION_MS / 1000} s`);
  return withPlatform(session.settings.url, stallOf);
}

/** The same on a platform that runs already. */
export async function stallOf(platform: Platform): Promise<Outcome> {
  const { target } = platform;
  const request = triggerRequest(await createTransformWorkflow(target, 3));
  const since = await newestRun(target);
  const trigger = (duration_ms: number) =>
    measure(platform, { kind: "open", target, request, connections: 256, per_second: PER_SECOND, duration_ms });
  await trigger(1000);
  let largestWal = 0;
  const watch = setInterval(() => {
    largestWal = Math.max(largestWal, walBytes(platform));
  }, 100);
  // A process of its own: a pause of the generator that triggers must not look like one of the platform.
  const [load, probe] = await Promise.all([
    trigger(DURATION_MS),
    runJob({
      kind: "open",
      target,
      request: { method: "GET", path: "/health" },
      connections: 32,
      per_second: PROBES_PER_SECOND,
      duration_ms: DURATION_MS,
    }),
  ]);
  clearInterval(watch);
  const runs = await waitForRuns(target, since);
  const accepted = load.ok + PER_SECOND;
  const lost = Math.abs(accepted - (runs.by_status.success ?? 0)) + runs.repeated;
  const table: Table = {
    title: `stall: GET /health every 5 ms during ${PER_SECOND} triggers/s for ${DURATION_MS / 1000} s`,
    rows: [
      { figure: "health p50", ours: probe.latency.p50, unit: "ms" },
      { figure: "health p99", ours: probe.latency.p99, unit: "ms", floor: FLOORS.stall_p99_ms },
      { figure: "health max", ours: probe.latency.max, unit: "ms", floor: FLOORS.stall_max_ms },
      ...(platform.folder === undefined
        ? []
        : [{ figure: "largest WAL file", ours: largestWal / 1024 / 1024, unit: "MiB", floor: FLOORS.wal_mb }]),
      { figure: "triggers answered", ours: load.per_second, unit: "/s" },
      { figure: "trigger p50", ours: load.latency.p50, unit: "ms" },
      { figure: "trigger p99", ours: load.latency.p99, unit: "ms" },
      { figure: "errors", ours: errors(load) + errors(probe), unit: "", floor: FLOORS.errors },
      { figure: "runs not succeeded", ours: lost, unit: "", floor: FLOORS.runs_lost },
      ...processRows(load),
    ],
    notes: [lateness(probe), ...load.refusals, ...probe.refusals, ...busyNotes([load])],
  };
  return { tables: [table], measured: { load, probe, largest_wal_bytes: largestWal, runs } };
}

function errors(result: JobResult): number {
  return result.expected - result.ok;
}

/** Our own timer's share in the latency, which counts from the intended time. */
function lateness(probe: JobResult): string {
  const late = probe.more.timer_late;
  const sending = probe.more.from_sending;
  const show = (ms: number | undefined) => (ms ?? 0).toFixed(1);
  return `the probe's own timer was late by ${show(late?.p50)} ms at p50, ${show(late?.p99)} at p99, ${show(late?.max)} at most; counted from sending, health took ${show(sending?.p50)}, ${show(sending?.p99)}, ${show(sending?.max)} ms`;
}
