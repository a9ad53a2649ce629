import pino, { type Logger } from "pino";
import packageJson from "../package.json" with { type: "json" };
import { openParts, type Parts } from "./assemble.ts";
import { systemClock } from "./clock.ts";
import { type Config, loadConfig } from "./config.ts";
import { messageOf, PlatformError, StartError } from "./errors.ts";
import type { Program } from "./metrics/counts.ts";
import { watchEventLoop } from "./metrics/event-loop.ts";
import { buildInfo } from "./metrics/gauges.ts";
import type { Collector } from "./metrics/readings.ts";
import type { Work } from "./metrics/server.ts";
import { serviceCollectors } from "./readiness.ts";
import { aborted } from "./resilience/waiting.ts";
import { schedulerOf } from "./scheduling.ts";
import type { Readiness } from "./services/readiness.ts";
import { Retention } from "./services/retention.ts";
import { onEndingSignals } from "./signals.ts";

/** Lets all that is under way end; once `hurry` is aborted it waits for nothing, and only gives back the runs that it holds. */
export type Stop = (hurry: AbortSignal) => Promise<void>;

/** The work of a process, started. */
export interface Running {
  stop: Stop;
  /** @throws PlatformError while the process can't do its work */
  ready(): Promise<Readiness>;
  collectors: Collector[];
}

/** Starts the work of a process, given its parts. */
export type StartWork = (parts: Parts) => Running;

/** How long giving back may take in a hurry. */
const HURRY_MILLISECONDS = 3000;

/**
 * Runs a program until a signal ends it; a second signal ends it at once. A reason not to start that its user can mend is
 * one sentence and exit code 1.
 *
 * @param alone whether the program works in embedded mode; without, it needs PostgreSQL to meet the other programs
 */
export async function runProgram(name: Program, alone: boolean, startWork: StartWork): Promise<void> {
  // Files are readable by the user of the process alone: payloads may hold secrets of their senders.
  process.umask(0o077);
  let running: { stop: Stop; parts: Parts } | null = null;
  const hurry = new AbortController();
  // Before anything that takes time: a process with the number 1, as in a container, is not ended by a signal without it.
  onEndingSignals({
    first(signal) {
      // Nothing is held before it runs; a migration under way is rolled back.
      if (running === null) process.exit(0);
      running.parts.log.info({ signal }, "stopping");
      end(running.parts, running.stop, hurry.signal);
    },
    second(signal) {
      running?.parts.log.warn({ signal }, "stopping at once");
      hurry.abort();
      systemClock.timer(HURRY_MILLISECONDS, () => {
        running?.parts.log.error("ended before all runs were given back; they are due when their lease is over");
        process.exit(1);
      });
    },
  });
  try {
    const config = loadConfig(process.env);
    if (!alone && config.postgres === null) {
      throw new StartError(
        `\`bun run ${name}\` needs PostgreSQL, to share its runs with other processes: set POSTGRES_HOST or DATABASE_URL, or use \`make start\``,
      );
    }
    const log = openLog(config);
    const parts = await openParts(name, config, log);
    let work: Running | null = null;
    let isEnding = false;
    // Before the work begins: a port that is taken ends the start while nothing is held.
    const closeMetrics = await openMetrics(name, parts, {
      ready: () => (work === null || isEnding ? Promise.reject(new PlatformError("shutting_down")) : work.ready()),
      collectors: () => [...serviceCollectors(parts), ...(work?.collectors ?? [])],
    });
    const stopWatch = watchEventLoop(systemClock);
    work = startWork(parts);
    const { stop } = work;
    const { storage, clock } = parts;
    const retention = new Retention({ storage, clock, machine: systemClock, log, days: config.RETENTION_DAYS });
    retention.start();
    const scheduler = schedulerOf(parts);
    scheduler.start();
    running = {
      parts,
      async stop(hurried) {
        isEnding = true;
        await Promise.race([scheduler.stop(), aborted(hurried)]);
        await stop(hurried);
        await Promise.race([retention.stop(), aborted(hurried)]);
        stopWatch();
        await closeMetrics();
      },
    };
  } catch (error) {
    refuse(error);
  }
}

/** JSON lines on standard output. */
export function openLog({ LOG_LEVEL: level }: Config): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Ends a process that can't start. */
export function refuse(error: unknown): never {
  // Of any other error the stack alone: Bun would print its fields too, and libraries put addresses and commands there.
  const text = error instanceof StartError ? error.message : `The start failed: ${stackOf(error)}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** Opens the port for metrics and probes where one is set; gives what closes it. */
async function openMetrics(program: Program, parts: Parts, work: Work): Promise<() => Promise<void>> {
  const { config, log } = parts;
  const { METRICS_HOST: host, METRICS_PORT: port, mode } = config;
  if (port === undefined) return async () => {};
  // Loaded where it is used, as other clients are.
  const { serveMetrics } = await import("./metrics/server.ts");
  const build = buildInfo.at({ version: packageJson.version, mode, program }, 1);
  return serveMetrics({ program, host, port, build, ...work, clock: systemClock, log });
}

async function end({ log, close }: Parts, stop: Stop, hurry: AbortSignal): Promise<never> {
  try {
    await stop(hurry);
    if (!hurry.aborted) await Promise.race([close(), aborted(hurry)]);
    process.exit(0);
  } catch (error) {
    log.fatal({ error: messageOf(error) }, "could not stop cleanly");
    process.exit(1);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
