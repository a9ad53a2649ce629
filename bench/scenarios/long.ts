import { ask, createWorkflow, type Step, untilEnded } from "../load/api.ts";
import type { Platform } from "../platform/platform.ts";
import { machineCpuSeconds, readUsage, type Usage, usageSince } from "../platform/procfs.ts";
import { requireLoopback } from "../platform/target.ts";
import type { Row } from "../report/table.ts";
import type { Outcome, Session } from "../scenario.ts";

/** With the `parallel` around them these are the 10,000 steps that a workflow may have. */
const WEBHOOKS = 9999;
/** Webhooks of each branch of the `parallel`; its last one has what is left. */
const BRANCH = 100;
/** The webhooks between which CPU is taken, as parts of all: of 10,000 these are 100 and 1,000, 9,000 and 10,000. */
const EARLY = [0.01, 0.1] as const;
const LATE = [0.9, 1] as const;
/** What executes steps. */
const EXECUTING = /^(platform|worker-\d+)$/;
/** No webhook for so long, in ms, and the run is given up. */
const PATIENCE_MS = 60_000;

/** What had been used when a webhook came. */
interface Mark {
  /** In `performance.now()` ms. */
  at: number;
  usage: Record<string, Usage>;
  machine_cpu_s: number;
}

/** One run that has ended. */
interface Walk {
  /** By the number of webhooks that had come. */
  marks: Record<number, Mark>;
  /** Webhooks that came, those that came again included. */
  came: number;
  status: string;
}

/** One run of thousands of webhooks: a late step must not cost more than an early one. */
export async function long(session: Session): Promise<Outcome> {
  const count = session.scaled(WEBHOOKS);
  return session.withPlatform(async (platform) => {
    requireLoopback(platform.target);
    // Else the early steps would be those beside which the compiler works.
    session.progress("long: warming up");
    await walk(platform, Math.ceil(count / 10), inRow);
    session.progress(`long: one run of ${count} webhooks in a row`);
    const row = await walk(platform, count, inRow);
    session.progress(`long: one run of ${count} webhooks in branches of ${BRANCH}`);
    const branches = await walk(platform, count, inBranches);
    return {
      tables: [
        {
          title: `long: one run of ${count.toLocaleString("en-US")} webhooks to a sink on this machine`,
          rows: [
            ...rowsOf(session, "in a row", row, count),
            ...rowsOf(session, `in branches of ${BRANCH}`, branches, count),
          ],
          notes: [],
        },
      ],
      columns: [],
      measured: { row, branches },
    };
  });
}

/** Executes one run of so many webhooks. @throws Error when none comes for a minute. */
async function walk(platform: Platform, count: number, shape: (webhooks: Step[]) => Step[]): Promise<Walk> {
  const { target, pids } = platform;
  const places = new Set([...EARLY, ...LATE].map((part) => Math.round(part * count)));
  const marks: Record<number, Mark> = {};
  let came = 0;
  let lastCame = performance.now();
  const sink = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch() {
      came++;
      lastCame = performance.now();
      if (places.has(came)) {
        marks[came] = { at: lastCame, usage: readUsage(pids), machine_cpu_s: machineCpuSeconds() };
      }
      return new Response(undefined, { status: 204 });
    },
  });
  try {
    const workflow_id = await createWorkflow(target, shape(webhooks(count, sink.url.href)));
    const { run_id } = await ask<{ run_id: string }>(target, "POST", "/api/v1/trigger", { workflow_id, payload: {} });
    // The run is megabytes of results: nobody looks at it before its last webhook has come.
    while (came < count) {
      if (performance.now() - lastCame > PATIENCE_MS) throw new Error(`no webhook came after the ${came}th`);
      await Bun.sleep(50);
    }
    const { status } = await untilEnded(target, run_id, PATIENCE_MS);
    return { marks, came, status };
  } finally {
    await sink.stop(true);
  }
}

/** Each as short as it can be, since a definition has 1 MiB. */
function webhooks(count: number, url: string): Step[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `s${at}`,
    type: "webhook",
    config: { url, method: "POST" },
  }));
}

function inRow(steps: Step[]): Step[] {
  return steps;
}

/** Each branch gives its last status: the outputs of all steps together are over the 1 MiB that an output may have. */
function inBranches(steps: Step[]): Step[] {
  const branches = Array.from({ length: Math.ceil(steps.length / BRANCH) }, (_, at) => {
    const own = steps.slice(at * BRANCH, (at + 1) * BRANCH);
    return { name: `b${at}`, steps: own, output: `\${${own.at(-1)?.name}.status_code}` };
  });
  return [{ name: "all", type: "parallel", config: { join: "all", branches } }];
}

function rowsOf(session: Session, shape: string, { marks, came, status }: Walk, count: number): Row[] {
  const [early, late] = [perStep(marks, EARLY, count), perStep(marks, LATE, count)];
  const row = (figure: string, ours: number, unit: string): Row => ({ figure: `${shape}: ${figure}`, ours, unit });
  return [
    row("CPU a step, early", early.executing_us, "µs"),
    row("CPU a step, late", late.executing_us, "µs"),
    {
      ...row("CPU a step, late ÷ early", late.executing_us / early.executing_us, ""),
      floor: session.floor("long_cpu"),
    },
    row("CPU a step of all processes, late ÷ early", late.all_us / early.all_us, ""),
    row("time of a step, early", early.ms, "ms"),
    row("time of a step, late", late.ms, "ms"),
    row("everything else on the machine, the sink included", late.others, "cores"),
    row("webhooks that came again", came - count, ""),
    { ...row("runs not succeeded", status === "success" ? 0 : 1, ""), floor: session.floor("runs_lost") },
  ];
}

/** What a step took between two marks: CPU of the executing processes, and of all of the platform; time; cores of others. */
function perStep(marks: Record<number, Mark>, [from, to]: readonly [number, number], count: number) {
  const [start, end] = [Math.round(from * count), Math.round(to * count)];
  const [first, last] = [marks[start], marks[end]];
  if (first === undefined || last === undefined)
    throw new Error(`nothing was read at the webhooks ${start} and ${end}`);
  const used = Object.entries(usageSince(first.usage, last.usage));
  const cpu = (of: RegExp) => used.reduce((sum, [name, { cpu_s }]) => sum + (of.test(name) ? cpu_s : 0), 0);
  const steps = end - start;
  return {
    executing_us: (1e6 * cpu(EXECUTING)) / steps,
    all_us: (1e6 * cpu(/./)) / steps,
    ms: (last.at - first.at) / steps,
    others: Math.max(0, last.machine_cpu_s - first.machine_cpu_s - cpu(/./)) / ((last.at - first.at) / 1000),
  };
}
