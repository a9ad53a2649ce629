/** What a run waits for, as its log says. */
import { isoTime } from "../clock.ts";
import { WORKFLOW } from "../language/definition/control.ts";
import { isObject } from "./json.ts";
import { type LogEntry, parseLog } from "./log.ts";
import { pauseOf } from "./pauses.ts";
import type { SignalWait, Waiting } from "./waiting.ts";

/** The runs that a run waits for, by the paths of the attempts that started them. */
export type Awaited = ReadonlyMap<string, string>;

const NONE: Awaited = new Map();

/** The steps of a run that wait, in the order in which they began; none once it is over. */
export function waitingIn(
  { log, completedAt }: { log: string; completedAt: number | null },
  awaited: Awaited = NONE,
): Waiting[] {
  return completedAt !== null ? [] : lastEntries(log).flatMap((entry) => waitingOf(entry, awaited));
}

/** Those of them that wait for a signal. */
export function signalWaitsIn({ log, completedAt }: { log: string; completedAt: number | null }): SignalWait[] {
  if (completedAt !== null) return [];
  return lastEntries(log).flatMap((entry) =>
    waitingOf(entry, NONE).flatMap(({ kind, signals = [], address, until }) =>
      kind === "signal"
        ? [{ address, since: entry[1].started_at, ...(until !== undefined && { until }), signals }]
        : [],
    ),
  );
}

/** The last entry of each step, its times as pauses have moved them. */
function lastEntries(log: string): LogEntry[] {
  const last = new Map<string, LogEntry>();
  for (const entry of parseLog(log)) {
    const paused = pauseOf(entry);
    if (paused === null) last.set(entry[0], entry);
    else for (const [path, [, result, wakeAt]] of last) last.set(path, [path, result, wakeAt && wakeAt + paused]);
  }
  return [...last.values()];
}

function waitingOf([path, result, wakeAt]: LogEntry, awaited: Awaited): Waiting[] {
  const { step_name: address, status, error, type, details, attempts = 1 } = result;
  if (status !== "running") return [];
  const until = wakeAt === null ? {} : { until: isoTime(wakeAt) };
  if (error !== null) return wakeAt === null ? [] : [{ address, kind: "retry", ...until }];
  const signals = isObject(details) && Array.isArray(details.signals) ? details.signals : null;
  if (signals !== null) {
    return [{ address, kind: "signal", ...until, signals: signals.filter((name) => typeof name === "string") }];
  }
  if (type === WORKFLOW) {
    const run = awaited.get(attempts > 1 ? `${path}~${attempts}` : path);
    return [{ address, kind: "child", ...until, ...(run !== undefined && { run_id: run }) }];
  }
  const isDelay = wakeAt !== null && (type === undefined || type === "delay");
  return isDelay ? [{ address, kind: "delay", ...until }] : [];
}
