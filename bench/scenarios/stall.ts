import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import { type JobResult, runJob } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerRequest } from "../load/trigger.ts";
import { measure, walBytes } from "../platform/platform.ts";
import type { Table } from "../report/table.ts";
import { busyNotes, column, memoryRows, type Outcome, type Session } from "../scenario.ts";

/** Below what each mode takes, so that it is the load that is fixed and not the platform that is full. */
const PER_SECOND = { embedded: 5000, stack: 1000, url: 1000 };
const DURATION_MS = 20_000;
const PROBES_PER_SECOND = 200;

/** How long the event loop stands still under many triggers, seen by a client that only asks for `/health`. */
export async function stall(session: Session): Promise<Outcome> {
  const perSecond = PER_SECOND[session.mode];
  session.progress(`stall: ${perSecond} triggers/s for ${DURATION_MS / 1000} s`);
  return session.withPlatform(async (platform) => {
    const { target } = platform;
    const { workflow, notes } = await pureWorkflow(session, target);
    const request = triggerRequest(workflow);
    const trigger = (duration_ms: number) =>
      measure(platform, { kind: "open", target, request, connections: 256, per_second: perSecond, duration_ms });
    await trigger(1000);
    const since = await startCounting(target);
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
    const runs = await waitForRuns(target, since, { patience: 120_000 });
    const table: Table = {
      title: `stall: GET /health every 5 ms during ${perSecond.toLocaleString("en-US")} triggers/s for ${DURATION_MS / 1000} s`,
      rows: [
        { figure: "health p50", ours: probe.latency.p50, unit: "ms" },
        {
          figure: "health p99",
          ours: probe.latency.p99,
          unit: "ms",
          better: "lower",
          floor: session.floor("stall_p99_ms"),
        },
        { figure: "health max", ours: probe.latency.max, unit: "ms", floor: session.floor("stall_max_ms") },
        ...(platform.folder === undefined
          ? []
          : [
              {
                figure: "largest WAL file",
                ours: largestWal / 1024 / 1024,
                unit: "MiB",
                floor: session.floor("wal_mb"),
              },
            ]),
        { figure: "triggers answered", ours: load.per_second, unit: "/s" },
        { figure: "trigger p50", ours: load.latency.p50, unit: "ms" },
        { figure: "trigger p99", ours: load.latency.p99, unit: "ms" },
        { figure: "errors", ours: errors(load) + errors(probe), unit: "", floor: session.floor("errors") },
        { figure: "runs not succeeded", ours: missing(runs, load.ok), unit: "", floor: session.floor("runs_lost") },
        ...memoryRows(session, load),
      ],
      notes: [...notes, lateness(probe), ...load.refusals, ...probe.refusals, ...busyNotes([load])],
    };
    return {
      tables: [table],
      columns: [column("stall", load)],
      measured: { load, probe, largest_wal_bytes: largestWal, runs },
    };
  });
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
