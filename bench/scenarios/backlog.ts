import { createWorkflow, EMPTY_DELAYS, PURE_STEPS, type Step } from "../load/api.ts";
import { missing, type RunCount, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { triggerMany } from "../load/trigger.ts";
import type { Platform } from "../platform/platform.ts";
import { machineCpuSeconds, readUsage, usageSince } from "../platform/procfs.ts";
import type { Column, Session } from "../scenario.ts";

const RUNS = 20_000;
/** Sleeping runs are triggered in this many bursts, each with a delay of its own, so that all fall due together. */
const BURSTS = 20;
const BURST_RUNS = RUNS / BURSTS;
/** Longer than it takes to trigger them; the slow get twice and four times as long. */
const SLEEP_SECONDS = [8, 16, 32];

/** A backlog that was worked off. */
export interface Drain {
  /** Runs per second, from the first end to the last. */
  per_second: number | undefined;
  lost: number;
  runs: RunCount | undefined;
  columns: Column[];
  notes: string[];
}

/**
 * Lets a backlog grow and measures how fast it goes. Where the workers can be stopped, as those of the stack, runs are
 * triggered without them and wait to be claimed. Else runs of a delay and the pure steps wait for one moment.
 */
export function drain(session: Session, platform: Platform, workflow: string): Promise<Drain> {
  return platform.withoutWorkers === undefined
    ? drainSleepers(session, platform)
    : drainQueue(platform, workflow, platform.withoutWorkers);
}

async function drainQueue(
  platform: Platform,
  workflow: string,
  withoutWorkers: NonNullable<Platform["withoutWorkers"]>,
): Promise<Drain> {
  const since = await startCounting(platform.target);
  let accepted = 0;
  await withoutWorkers(async () => {
    accepted = (await triggerMany(platform, workflow, RUNS)).ok;
  });
  return drained(platform, since, accepted, "backlog: triggered while no worker ran, then three were started");
}

async function drainSleepers(session: Session, platform: Platform): Promise<Drain> {
  for (const seconds of SLEEP_SECONDS) {
    const since = await startCounting(platform.target);
    const due = Date.now() + seconds * 1000;
    const results: JobResult[] = [];
    for (let burst = 0; burst < BURSTS && Date.now() < due - 1000; burst++) {
      const workflow = await createWorkflow(platform.target, sleeperSteps(session, (due - Date.now()) / 1000));
      results.push(await triggerMany(platform, workflow, BURST_RUNS));
    }
    const accepted = results.reduce((sum, { ok }) => sum + ok, 0);
    if (results.length < BURSTS) {
      await waitForRuns(platform.target, since);
      continue;
    }
    await Bun.sleep(Math.max(0, due - Date.now()));
    return drained(platform, since, accepted, "backlog: runs of one delay and the pure steps, all due at one moment");
  }
  const note = `the backlog could not be measured: ${RUNS} triggers take longer than ${SLEEP_SECONDS.at(-1)} s`;
  return { per_second: undefined, lost: 0, runs: undefined, columns: [], notes: [note] };
}

function sleeperSteps(session: Session, seconds: number): Step[] {
  const delay: Step = { name: "wait", type: "delay", config: { duration: Math.max(0, seconds) } };
  // Of a platform that isn't ours it is not known whether it knows transforms; every one knows delays.
  return [delay, ...(session.mode === "url" ? EMPTY_DELAYS : PURE_STEPS)];
}

async function drained(platform: Platform, since: string, accepted: number, note: string): Promise<Drain> {
  const start = { at: performance.now(), usage: readUsage(platform.pids), machine: machineCpuSeconds() };
  const columns: Column[] = [];
  const ended = () => {
    const seconds = (performance.now() - start.at) / 1000;
    const usage = usageSince(start.usage, readUsage(platform.pids));
    const processes = Object.entries(usage).map(
      ([name, { cpu_s, peak_mb }]) => [name, { cores: cpu_s / seconds, peak_mb }] as const,
    );
    const ours = Object.values(usage).reduce((sum, { cpu_s }) => sum + cpu_s, 0);
    const others = Math.max(0, machineCpuSeconds() - start.machine - ours) / seconds;
    const rest = { "everything else": { cores: others, peak_mb: 0 } };
    columns.push({ span: "backlog", processes: { ...Object.fromEntries(processes), ...rest } });
  };
  const runs = await waitForRuns(platform.target, since, { patience: 120_000, ended });
  const seconds = (runs.last_completed_at - runs.first_completed_at) / 1000;
  const success = runs.by_status.success ?? 0;
  return { per_second: success / seconds, lost: missing(runs, accepted), runs, columns, notes: [note] };
}
