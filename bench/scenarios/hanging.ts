import { createWorkflow, type Run, type Step } from "../load/api.ts";
import { startCounting, waitForRuns } from "../load/counting.ts";
import { type JobResult, runJob } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerRequest } from "../load/trigger.ts";
import { memoryOf, watchMemory } from "../platform/memory.ts";
import { measure, type Platform } from "../platform/platform.ts";
import { serve } from "../platform/processes.ts";
import { requireLoopback, type Target } from "../platform/target.ts";
import { Samples, type Summary } from "../report/percentiles.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, memoryRows, type Outcome, type Session } from "../scenario.ts";
import { triggerRound } from "./rounds.ts";

const MINUTES = 5;
const QUICK_MINUTES = 0.5;
/** Triggers a second at the host that hangs. */
const PER_SECOND = 100;
/** Another host than the sink's also where hosts are told apart by name alone. */
const HANGING_ADDRESS = "127.0.0.2";
const WARM_RUNS = 10_000;
/** Length of the measurement without the hanging host. */
const ALONE_SECONDS = 60;
/** Runs of each kind a second that are looked at, and requests for `/health`. */
const PROBES_PER_SECOND = 20;
/** Between two looks at one: more of them, for each run that takes longer, would be a load of their own. */
const LOOK_MS = 200;
const HEALTH_PER_SECOND = 50;
/** A webhook is given up after 30 s: its run has to have failed so long after its trigger. */
const ENDED_SECONDS = 35;

/** What others were offered meanwhile. */
type Probes = Record<"transforms" | "webhook" | "health", JobResult>;

/** The workflows of others, by what is offered. */
type Others = Record<"transforms" | "webhook", string>;

/** What became of the runs at the hanging host. */
interface Ended {
  /** Trigger to end of those that the timeout ended. */
  took: Summary;
  /** Runs that had had time for their timeout and had not failed. */
  late: number;
  /** Accepted runs that did not end as failed. */
  notFailed: number;
}

/** Many webhooks to a host that never answers: what other workflows, and `/health`, feel of it. */
export async function hanging(session: Session): Promise<Outcome> {
  const minutes = session.settings.minutes ?? (session.settings.quick ? QUICK_MINUTES : MINUTES);
  return session.withPlatform(async (platform) => {
    const { target } = platform;
    requireLoopback(target);
    const sink = await serve(["bench/sink.ts"]);
    const host = Bun.listen({ hostname: HANGING_ADDRESS, port: 0, socket: { data() {} } });
    try {
      const { workflow: transforms, notes } = await pureWorkflow(session, target);
      const others = { transforms, webhook: await createWorkflow(target, [postTo(sink.target)]) };
      const hanging = await createWorkflow(target, [postTo({ host: host.hostname, port: host.port })]);
      session.progress("hanging: warming up");
      for (const workflow of Object.values(others)) await triggerRound(platform, workflow, session.scaled(WARM_RUNS));
      const seconds = Math.min(ALONE_SECONDS, minutes * 60);
      session.progress(`hanging: ${seconds} s without it`);
      const without = await probe(platform, others, seconds);
      const since = await startCounting(target);
      const memory = watchMemory(platform);
      session.progress(`hanging: ${minutes} minutes of ${PER_SECOND} triggers/s at a host that never answers`);
      const [load, beside] = await Promise.all([
        measure(platform, {
          kind: "open",
          target,
          request: triggerRequest(hanging),
          connections: 128,
          per_second: PER_SECOND,
          duration_ms: minutes * 60_000,
        }),
        probe(platform, others, minutes * 60),
      ]);
      const memories = memory();
      session.progress("hanging: waiting for the last timeout");
      const ended = await endOf(target, since, hanging, () => host.stop(true));
      const probes = [...Object.values(without), ...Object.values(beside)];
      const errors = probes.reduce((sum, result) => sum + result.expected - result.ok, 0);
      const generators = [load, ...Object.values(beside)].reduce((sum, one) => sum + one.generator_cpu_s, 0);
      const all = { ...load, generator_cpu_s: generators };
      const rows: Row[] = [
        ...probeRows(session, "three transforms", without.transforms, beside.transforms),
        ...probeRows(session, "webhook to another host", without.webhook, beside.webhook),
        ...probeRows(session, "/health", without.health, beside.health),
        ...memoryBesideRows(session, memories, memoryOf(platform)),
        { figure: "triggers at the hanging host refused", ours: load.expected - load.ok, unit: "" },
        { figure: "its runs, trigger to failed p50", ours: ended.took.p50 / 1000, unit: "s" },
        { figure: "its runs, trigger to failed max", ours: ended.took.max / 1000, unit: "s" },
        { figure: `its runs that had not failed after ${ENDED_SECONDS} s`, ours: ended.late, unit: "" },
        { figure: "its runs that ended otherwise", ours: ended.notFailed, unit: "", floor: session.floor("runs_lost") },
        { figure: "errors of the others", ours: errors, unit: "", floor: session.floor("errors") },
        ...memoryRows(session, load),
      ];
      return {
        tables: [
          {
            title: `hanging: ${PER_SECOND} triggers/s at a host that never answers, ${minutes} minutes`,
            rows,
            notes: [...notes, ...load.refusals, ...probes.flatMap((result) => result.refusals), ...busyNotes([all])],
          },
        ],
        columns: [column("hanging", all)],
        measured: { without, beside, load, memories, ended },
      };
    } finally {
      host.stop(true);
      await sink.stop();
    }
  });
}

/** Each kind from a process of its own, so that none waits for another's answers. */
async function probe({ target }: Platform, others: Others, seconds: number): Promise<Probes> {
  const duration_ms = seconds * 1000;
  const follow = (workflow_id: string) =>
    runJob({
      kind: "follow",
      target,
      workflow_id,
      per_second: PROBES_PER_SECOND,
      duration_ms,
      watch_every: 1,
      pause_ms: LOOK_MS,
      asleep_ms: 0,
    });
  const [transforms, webhook, health] = await Promise.all([
    follow(others.transforms),
    follow(others.webhook),
    runJob({
      kind: "open",
      target,
      request: { method: "GET", path: "/health" },
      connections: 16,
      per_second: HEALTH_PER_SECOND,
      duration_ms,
    }),
  ]);
  return { transforms, webhook, health };
}

/**
 * Waits until the last runs have had time for their timeout, then ends the host, so that those which still wait for their
 * turn fail at once, and looks at all of them.
 */
async function endOf(target: Target, since: string, workflow: string, stop: () => void): Promise<Ended> {
  await Bun.sleep(ENDED_SECONDS * 1000);
  const stopped = Date.now();
  stop();
  const took = new Samples();
  let [late, notFailed] = [0, 0];
  const each = ({ workflow_id, status, created_at, completed_at }: Run) => {
    if (workflow_id !== workflow) return;
    const [created, completed] = [Date.parse(created_at ?? ""), Date.parse(completed_at ?? "")];
    if (completed < stopped) took.add(completed - created);
    if (completed - created > ENDED_SECONDS * 1000) late++;
    if (status !== "failed") notFailed++;
  };
  await waitForRuns(target, since, { patience: 600_000, each });
  return { took: took.summary(), late, notFailed };
}

function probeRows(session: Session, figure: string, alone: JobResult, loaded: JobResult): Row[] {
  // Of runs by completed_at − created_at.
  const without = alone.more.inside_the_server ?? alone.latency;
  const beside = loaded.more.inside_the_server ?? loaded.latency;
  const ratio = beside.p99 / without.p99;
  return [
    { figure: `${figure} p99, without`, ours: without.p99, unit: "ms" },
    { figure: `${figure} p99, beside it`, ours: beside.p99, unit: "ms" },
    { figure: `${figure} p99, ratio`, ours: ratio, unit: "", floor: session.floor("beside_hanging") },
    { figure: `${figure} p50, ratio`, ours: beside.p50 / without.p50, unit: "" },
  ];
}

/** Memory of all APIs and workers, or of the one process; that of the last fifth has to be what it was once hanging began. */
function memoryBesideRows(session: Session, read: number[], after: number): Row[] {
  const mean = (from: number, to: number) => {
    const part = read.slice(Math.floor(from * read.length), Math.ceil(to * read.length));
    return part.reduce((sum, one) => sum + one, 0) / part.length;
  };
  const [second, last] = [mean(0.2, 0.4), mean(0.8, 1)];
  return [
    { figure: "memory before", ours: read[0] ?? 0, unit: "MB" },
    { figure: "memory in the second fifth", ours: second, unit: "MB" },
    { figure: "memory in the last fifth", ours: last, unit: "MB" },
    { figure: "memory, last ÷ second fifth", ours: last / second, unit: "", floor: session.floor("flat_cost") },
    { figure: "memory after the last timeout", ours: after, unit: "MB" },
  ];
}

function postTo({ host, port }: Target): Step {
  return { name: "post", type: "webhook", config: { url: `http://${host}:${port}/hook`, method: "POST", body: {} } };
}
