import { pureWorkflow } from "../load/pure.ts";
import { CONNECTIONS, FEW_CONNECTIONS } from "../load/trigger.ts";
import type { FloorName } from "../report/floors.ts";
import { medianBy } from "../report/percentiles.ts";
import type { Row, Table } from "../report/table.ts";
import { busyNotes, column, memoryRows, type Outcome, type Session } from "../scenario.ts";
import { type Drain, drain } from "./backlog.ts";
import { type ComparedRound, shareOfBare, triggerRounds } from "./rounds.ts";

/** Of a round. */
const RUNS = 20_000;
/** With few connections, many short rounds: the ratio to a bare POST moves with the speed of the machine. */
const FEW_RUNS = 5000;
const FEW_ROUNDS = 7;

/** Runs of three pure steps: how many per second while they are triggered over HTTP, and of a backlog. */
export async function runs(session: Session): Promise<Outcome> {
  const { post } = await session.bareServers();
  return session.withPlatform(async (platform) => {
    const { workflow, notes } = await pureWorkflow(session, platform.target);
    session.progress(`runs: three times ${RUNS.toLocaleString("en-US")} until completed`);
    const rounds = await triggerRounds(platform, workflow, RUNS, CONNECTIONS);
    session.progress(`runs: the same with ${FEW_CONNECTIONS} connections`);
    const few = await triggerRounds(platform, workflow, FEW_RUNS, FEW_CONNECTIONS, FEW_ROUNDS);
    session.progress("runs: a backlog and its drain");
    const backlog = await drain(session, platform, workflow);
    const middle = medianBy(rounds, (round) => round.completed_per_second);
    const table: Table = {
      title: `runs: 3 pure steps, ${RUNS.toLocaleString("en-US")} runs over HTTP until completed, ${CONNECTIONS} connections, median of three`,
      rows: [
        ...roundRows(session, middle, rounds),
        ...fewRows(session, few),
        ...drainRows(session, backlog),
        ...memoryRows(session, middle),
      ],
      notes: [
        ...notes,
        ...rounds.map(roundNote),
        ...backlog.notes,
        ...rounds.flatMap((round) => round.refusals),
        ...busyNotes([...rounds, ...few, post]),
      ],
    };
    return {
      tables: [table],
      columns: [column("runs", middle), ...backlog.columns],
      measured: { rounds, few, backlog },
    };
  });
}

function roundRows(session: Session, middle: ComparedRound, rounds: ComparedRound[]): Row[] {
  const floor = (name: FloorName) => session.floor(name);
  const rate = { unit: "/s", better: "higher", bound: "post" } as const;
  const latency = { unit: "ms", better: "lower", bound: "post" } as const;
  return [
    {
      figure: "completed, first trigger to last end",
      ours: middle.completed_per_second,
      ...rate,
      floor: floor("runs_per_second"),
    },
    { figure: "triggers answered with 200", ours: middle.per_second, ...rate },
    {
      figure: "triggers ÷ bare POST",
      ours: shareOfBare(rounds, (round) => round.per_second),
      unit: "",
      floor: floor("triggers_to_bare_post"),
    },
    schemaRow("", rounds),
    {
      figure: "completed ÷ bare POST",
      ours: shareOfBare(rounds, (round) => round.completed_per_second),
      unit: "",
      floor: floor("triggers_to_bare_post"),
    },
    { figure: "last end after the last trigger", ours: middle.drain_s, unit: "s" },
    { figure: "trigger p50", ours: middle.latency.p50, ...latency },
    { figure: "trigger p99", ours: middle.latency.p99, ...latency },
    {
      figure: "accepted but not succeeded once",
      ours: Math.max(...rounds.map(({ lost }) => lost)),
      unit: "",
      floor: floor("runs_lost"),
    },
    {
      figure: "errors (all rounds)",
      ours: rounds.reduce((sum, round) => sum + round.expected - round.ok, 0),
      unit: "",
      floor: floor("errors"),
    },
  ];
}

/** What the share would be if a trigger were not asked for more than its shape. */
function schemaRow(at: string, rounds: ComparedRound[]): Row {
  const figure = `${at}triggers ÷ bare POST with a schema alone`;
  return { figure, ours: shareOfBare(rounds, (round) => round.per_second, "schema"), unit: "" };
}

function fewRows(session: Session, rounds: ComparedRound[]): Row[] {
  const { per_second, latency } = medianBy(rounds, (round) => round.per_second);
  const at = `${FEW_CONNECTIONS} connections`;
  return [
    { figure: `${at}: triggers answered with 200`, ours: per_second, unit: "/s" },
    {
      figure: `${at}: triggers ÷ bare POST`,
      ours: shareOfBare(rounds, (round) => round.per_second),
      unit: "",
      floor: session.floor("few_triggers_to_bare_post"),
    },
    schemaRow(`${at}: `, rounds),
    { figure: `${at}: trigger p99`, ours: latency.p99, unit: "ms" },
    {
      figure: `${at}: accepted but not succeeded once`,
      ours: Math.max(...rounds.map(({ lost }) => lost)),
      unit: "",
      floor: session.floor("runs_lost"),
    },
  ];
}

function drainRows(session: Session, { per_second, lost }: Drain): Row[] {
  if (per_second === undefined) return [];
  return [
    {
      figure: "backlog: completed, first end to last end",
      ours: per_second,
      unit: "/s",
      better: "higher",
      bound: "post",
      floor: session.floor("drained_per_second"),
    },
    { figure: "backlog: not succeeded once", ours: lost, unit: "", floor: session.floor("runs_lost") },
  ];
}

function roundNote(round: ComparedRound, at: number): string {
  const { completed_per_second, per_second, bare_per_second, ok, errors } = round;
  const statuses = JSON.stringify(round.runs.by_status);
  return `round ${at + 1}: ${Math.round(completed_per_second)}/s completed, ${Math.round(per_second)}/s triggered, ${Math.round(bare_per_second.post)} bare POSTs/s, ${ok} accepted, ${statuses}, errors ${JSON.stringify(errors)}`;
}
