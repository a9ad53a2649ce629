import { createWorkflow, type Run, type Step } from "../load/api.ts";
import { startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { seenBySink } from "../load/ledger.ts";
import { CONNECTIONS } from "../load/trigger.ts";
import { cpuRows } from "../platform/cpu.ts";
import { measure, type Platform } from "../platform/platform.ts";
import { serve } from "../platform/processes.ts";
import { requireLoopback, type Target } from "../platform/target.ts";
import type { FloorName } from "../report/floors.ts";
import { medianBy } from "../report/percentiles.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session } from "../scenario.ts";
import { shareOfBare, triggerRounds } from "./rounds.ts";

/** Runs of a round. */
const RUNS = { embedded: 10_000, stack: 5000, url: 5000 };
const ROUNDS = 3;
const SLEEP_SECONDS = 1;
/** Webhooks of a run. */
const WEBHOOKS = 3;
const OPEN_SECONDS = 30;
/** Runs a second that are looked at until they have ended, and the pause between two looks: looks compete with the runs for the cores, the more the longer these take. */
const WATCHED_PER_SECOND = 10;
const PAUSE_MS = 200;

/** What automations are made of: a webhook, a sleep, two webhooks at once, with something computed in between. */
export async function automation(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { target } = platform;
    requireLoopback(target);
    const sink = await serve(["bench/sink.ts"]);
    const watched = { ...platform, pids: { ...platform.pids, sink: sink.pid } };
    try {
      const workflow = await createWorkflow(target, automationSteps(sink.target));
      const since = await startCounting(target);
      const runs = session.scaled(RUNS[session.mode]);
      session.progress(`automation: ${ROUNDS} times ${runs.toLocaleString("en-US")} runs until completed`);
      const rounds = await triggerRounds(watched, workflow, runs, CONNECTIONS, ROUNDS);
      const middle = medianBy(rounds, (round) => round.completed_per_second);
      const half = Math.max(1, Math.round(middle.completed_per_second / 2));
      session.progress(`automation: ${half} runs/s`);
      const open = await playAt(session, watched, workflow, half);
      const uuids: string[] = [];
      const each = ({ uuid, workflow_id }: Run) => {
        if (workflow_id === workflow) uuids.push(uuid);
      };
      await waitForRuns(target, since, { patience: 120_000, each });
      const seen = await seenBySink(sink.target, uuids, WEBHOOKS);
      const errors = [...rounds, open].reduce((sum, result) => sum + result.expected - result.ok, 0);
      const rows: Row[] = [
        {
          figure: "completed, first trigger to last end",
          ours: middle.completed_per_second,
          unit: "/s",
          better: "higher",
          bound: "post",
        },
        {
          figure: "completed ÷ bare POST",
          ours: shareOfBare(rounds, (round) => round.completed_per_second),
          unit: "",
          floor: session.floor("automation_to_bare_post"),
        },
        ...(await awakeRows(session, open)),
        ...cpuRows("at half that rate: ", open.processes, open.ok),
      ];
      return {
        tables: [
          {
            title: "automation: webhook, transform, 1 s asleep, two webhooks at once, transform",
            rows: [
              ...rows,
              { figure: "webhooks that never came", ours: seen.never, unit: "", floor: session.floor("runs_lost") },
              { figure: "webhooks that came again", ours: seen.again, unit: "" },
              ...lossRows(
                session,
                errors,
                rounds.reduce((sum, { lost }) => sum + lost, 0),
              ),
              ...memoryRows(session, middle),
            ],
            notes: [
              `the rates by round: ${rounds.map((round) => Math.round(round.completed_per_second)).join(", ")} runs/s`,
              `at half the rate, ${half} runs/s, ${open.latency.count} of ${open.ok} runs were looked at until they had ended`,
              ...open.refusals,
              ...busyNotes([...rounds, open]),
            ],
          },
        ],
        columns: [column("automation", middle), column("automation, half", open)],
        measured: { rounds, open, seen },
      };
    } finally {
      await sink.stop();
    }
  });
}

/** Every run sleeps for the same time, which is taken off its latency. */
function playAt(session: Session, platform: Platform, workflow: string, perSecond: number): Promise<JobResult> {
  return measure(platform, {
    kind: "follow",
    target: platform.target,
    workflow_id: workflow,
    per_second: perSecond,
    duration_ms: session.scaled(OPEN_SECONDS * 1000),
    watch_every: Math.max(1, Math.round(perSecond / WATCHED_PER_SECOND)),
    pause_ms: PAUSE_MS,
    asleep_ms: SLEEP_SECONDS * 1000,
  });
}

/** By what the platform says: a run is looked at too seldom to see when it ends. */
function awakeRows(session: Session, { more }: JobResult): Promise<Row[]> {
  const inside = more.inside_the_server;
  const row = async (quantile: "p50" | "p99", floor: FloorName): Promise<Row> => ({
    figure: `at half that rate: completed_at − created_at, not asleep, ${quantile}`,
    ours: inside?.[quantile] ?? Number.NaN,
    unit: "ms",
    better: "lower",
    floor: await session.timeFloor(floor),
  });
  return Promise.all([row("p50", "automation_p50_ms"), row("p99", "automation_p99_ms")]);
}

/** The steps of such a run, with its webhooks at this sink. */
export function automationSteps({ host, port }: Target): Step[] {
  const retry = { max_attempts: 3, on: ["network", "timeout", 429, "5xx"] };
  const post = (name: string, body: unknown): Step => ({
    name,
    type: "webhook",
    retry,
    config: { url: `http://${host}:${port}/${name}`, method: "POST", body },
  });
  const transform = (name: string, value: unknown): Step => ({ name, type: "transform", retry, config: { value } });
  const branch = (name: string) => ({ name, steps: [post(`to_${name}`, "${order.value}")] });
  return [
    post("reserve", { n: "${payload.n}" }),
    transform("order", { n: "${payload.n}", status: "${reserve.status_code}" }),
    { name: "rest", type: "delay", retry, config: { duration: SLEEP_SECONDS } },
    { name: "tell", type: "parallel", retry, config: { join: "all", branches: [branch("mail"), branch("stock")] } },
    transform("report", { n: "${order.value.n}", told: "${tell}" }),
  ];
}
