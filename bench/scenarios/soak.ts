import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import { type JobResult, runJob } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerRequest } from "../load/trigger.ts";
import { OURS } from "../platform/memory.ts";
import { measure, type Platform } from "../platform/platform.ts";
import { readUsage } from "../platform/procfs.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session } from "../scenario.ts";

const PER_SECOND = 500;
/** Of those that are followed to their end. */
const FOLLOWED_PER_SECOND = 10;
const MINUTES = 10;
const WINDOWS = 12;

/** One of the equal parts of the soak. */
interface Window {
  load: JobResult;
  followed: JobResult;
  /** Memory of each process at its end, in MB. */
  memory_mb: Record<string, number>;
  lost: number;
}

/** A fixed rate for minutes: memory and latency have to stay what they were. */
export async function soak(session: Session): Promise<Outcome> {
  const minutes = session.settings.minutes ?? MINUTES;
  const seconds = (minutes * 60) / WINDOWS;
  return session.withPlatform(async (platform) => {
    const { workflow, notes } = await pureWorkflow(session, platform.target);
    session.progress("soak: warming up");
    await playWindow(platform, workflow, seconds);
    const windows: Window[] = [];
    for (let at = 0; at < WINDOWS; at++) {
      session.progress(`soak: ${((at * seconds) / 60).toFixed(1)} of ${minutes} minutes at ${PER_SECOND} runs/s`);
      windows.push(await playWindow(platform, workflow, seconds));
    }
    const last = windows.at(-1);
    if (last === undefined) throw new Error("a soak needs a window");
    const errors = windows.flatMap(({ load, followed }) => [load.expected - load.ok, followed.expected - followed.ok]);
    const rows: Row[] = [
      ...flatRows(session, "trigger p50", "ms", (window) => window.load.latency.p50, windows),
      ...flatRows(session, "trigger to completed p50", "ms", (window) => window.followed.latency.p50, windows),
      ...Object.keys(last.memory_mb).flatMap((name) =>
        flatRows(session, `memory, ${name}`, "MB", (window) => window.memory_mb[name] ?? 0, windows).map((row) =>
          OURS.test(name) ? row : { ...row, floor: undefined },
        ),
      ),
      ...lossRows(
        session,
        errors.reduce((sum, one) => sum + one, 0),
        windows.reduce((sum, { lost }) => sum + lost, 0),
      ),
      ...memoryRows(session, last.load),
    ];
    const results = windows.map(({ load }) => load);
    return {
      tables: [
        {
          title: `soak: ${PER_SECOND} runs/s, 3 pure steps, for ${minutes} minutes; medians of its first and last third`,
          rows,
          notes: [
            ...notes,
            ...windows.map(windowNote),
            ...results.flatMap((one) => one.refusals),
            ...busyNotes(results),
          ],
        },
      ],
      columns: [column("soak", last.load)],
      measured: windows,
    };
  });
}

async function playWindow(platform: Platform, workflow: string, seconds: number): Promise<Window> {
  const { target } = platform;
  const since = await startCounting(target);
  const [load, followed] = await Promise.all([
    measure(platform, {
      kind: "open",
      target,
      request: triggerRequest(workflow),
      connections: 128,
      per_second: PER_SECOND,
      duration_ms: seconds * 1000,
    }),
    runJob({
      kind: "follow",
      target,
      workflow_id: workflow,
      per_second: FOLLOWED_PER_SECOND,
      duration_ms: seconds * 1000,
      watch_every: 1,
      pause_ms: 1,
      asleep_ms: 0,
    }),
  ]);
  const usage = Object.entries(readUsage(platform.pids));
  const runs = await waitForRuns(target, since, { patience: 120_000 });
  return {
    load,
    followed,
    memory_mb: Object.fromEntries(usage.map(([name, { memory_mb }]) => [name, memory_mb])),
    lost: missing(runs, load.ok + followed.ok),
  };
}

/** A figure in the first and the last third of the soak, and by how much it grew. */
function flatRows(
  session: Session,
  figure: string,
  unit: string,
  of: (window: Window) => number,
  windows: Window[],
): Row[] {
  const third = Math.ceil(windows.length / 3);
  const first = median(windows.slice(0, third).map(of));
  const last = median(windows.slice(-third).map(of));
  return [
    { figure: `${figure}, first third`, ours: first, unit },
    { figure: `${figure}, last third`, ours: last, unit },
    { figure: `${figure}, ratio`, ours: last / first, unit: "", floor: session.floor("flat_cost") },
  ];
}

function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function windowNote({ load, followed, memory_mb }: Window, at: number): string {
  const memory = Object.entries(memory_mb).map(([name, megabytes]) => `${name} ${megabytes.toFixed(0)}`);
  const shown = (result: JobResult) => `${result.latency.p50.toFixed(1)}, ${result.latency.p99.toFixed(1)}`;
  return `part ${at + 1}: trigger p50, p99 ${shown(load)} ms; completed ${shown(followed)} ms; MB: ${memory.join(", ")}`;
}
