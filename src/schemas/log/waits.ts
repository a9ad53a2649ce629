/** What a run waits for, as its log says. */
import { isoTime } from "../../clock.ts";
import { WORKFLOW } from "../../language/definition/control.ts";
import { isObject } from "../json/json.ts";
import type { SignalWait, Waiting } from "../runs/waiting.ts";
import { type LogEntry, parseLog } from "./log.ts";
import { pauseOf } from "./pauses.ts";

/** The runs that a run waits for, by the paths of the attempts that started them. */
export type Awaited = ReadonlyMap<string, string>;

const NONE: Awaited = new Map();

/** The steps of a run that wait, in the order in which they began; none once it is over. */
export function waitingIn(
  { log, completedAt }: { log: string; completedAt: number | null },
  awaited: Awaited = NONE,
): Waiting[] {
  return completedAt !== null ? [] : waitsIn(log, awaited).map(({ waiting }) => waiting);
}

/** Those of them that wait for a signal. */
export function signalWaitsIn({ log, completedAt }: { log: string; completedAt: number | null }): SignalWait[] {
  if (completedAt !== null) return [];
  return waitsIn(log, NONE).flatMap(({ since, waiting: { kind, signals = [], address, until } }) =>
    kind === "signal" ? [{ address, since, ...(until !== undefined && { until }), signals }] : [],
  );
}

function waitsIn(log: string, awaited: Awaited): { since: string | null; waiting: Waiting }[] {
  const { last, deadlines } = lastEntries(log);
  return [...last.values()].flatMap((entry) =>
    waitingOf(entry, awaited, deadlines).map((waiting) => ({ since: entry[1].started_at, waiting })),
  );
}

/** When the time of a container's attempt is over, by its path, milliseconds since the epoch. */
type Deadlines = Map<string, number>;

/** The last entry of each step, and the deadlines of those under way, all times as pauses have moved them. */
function lastEntries(log: string): { last: Map<string, LogEntry>; deadlines: Deadlines } {
  const last = new Map<string, LogEntry>();
  const deadlines: Deadlines = new Map();
  for (const entry of parseLog(log)) {
    const paused = pauseOf(entry);
    if (paused === null) {
      noteDeadline(deadlines, entry, last.get(entry[0]));
      last.set(entry[0], entry);
      continue;
    }
    for (const [path, [, result, wakeAt]] of last) last.set(path, [path, result, wakeAt && wakeAt + paused]);
    for (const [path, deadline] of deadlines) deadlines.set(path, deadline + paused);
  }
  return { last, deadlines };
}

/** The entry that begins an attempt has its deadline; those of later iterations of a loop have the time of their interval. */
function noteDeadline(deadlines: Deadlines, [path, { status, error }, wakeAt]: LogEntry, before?: LogEntry): void {
  const isUnderWay = status === "running" && error === null;
  if (!isUnderWay) deadlines.delete(path);
  else if (wakeAt !== null && (before === undefined || before[1].error !== null)) deadlines.set(path, wakeAt);
}

/** Of what is around a step the time that is over first; null without any. */
function deadlineAround(path: string, deadlines: Deadlines): number | null {
  const segments = path.split("/");
  let first: number | null = null;
  // Containers and lists take turns; the last segment is the step itself.
  for (let at = 0; at < segments.length - 1; at += 2) {
    const [index = ""] = (segments[at] ?? "").split("~");
    const deadline = deadlines.get([...segments.slice(0, at), index].join("/"));
    if (deadline !== undefined) first = Math.min(first ?? deadline, deadline);
  }
  return first;
}

function waitingOf([path, result, wakeAt]: LogEntry, awaited: Awaited, deadlines: Deadlines): Waiting[] {
  const { step_name: address, status, error, type, details, attempts = 1 } = result;
  if (status !== "running") return [];
  const until = wakeAt === null ? {} : { until: isoTime(wakeAt) };
  if (error !== null) return wakeAt === null ? [] : [{ address, kind: "retry", ...until }];
  const signals = isObject(details) && Array.isArray(details.signals) ? details.signals : null;
  if (signals !== null) {
    const around = deadlineAround(path, deadlines);
    const latest = wakeAt === null || around === null ? (wakeAt ?? around) : Math.min(wakeAt, around);
    const names = signals.filter((name) => typeof name === "string");
    return [{ address, kind: "signal", ...(latest !== null && { until: isoTime(latest) }), signals: names }];
  }
  if (type === WORKFLOW) {
    const run = awaited.get(attempts > 1 ? `${path}~${attempts}` : path);
    return [{ address, kind: "child", ...until, ...(run !== undefined && { run_id: run }) }];
  }
  const isDelay = wakeAt !== null && (type === undefined || type === "delay");
  return isDelay ? [{ address, kind: "delay", ...until }] : [];
}
