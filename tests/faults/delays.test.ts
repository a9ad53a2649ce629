/**
 * A delay never ends early and holds no slot: thousands of them at once where only four runs can be held, while processes
 * are killed in between. Every time is the database's.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Client } from "../harness/http/client.ts";
import { Platform } from "../harness/platform.ts";
import { PlatformProcess } from "../harness/processes.ts";
import { newDatabase } from "../harness/under-test.ts";
import type { Random } from "../simulation/scheduler.ts";
import { play } from "./deployment/folder.ts";
import { type DelayedRun, type DelayRecords, postgresDelays, sqliteDelays } from "./load/delays-times.ts";
import { until } from "./load/waiting.ts";

const FULL = process.env.TEST_SIZE === "full";
const DELAYS = FULL ? 10_000 : 400;
const KILLS = FULL ? 12 : 3;
const SLOTS = 4;
const LEASE_SECONDS = 3;
/** Seconds; each run draws one in between: in full so long that the four slots keep up with those that wake. */
const DURATIONS = FULL ? { least: 120, most: 420 } : { least: 3, most: 10 };
const CLIENTS = 16;
/** With nothing else to do these wake on time: where thousands queue for four slots, an early one would not show. */
const FIRST = { count: 20, least: 0.2, most: 1.5 };
/**
 * How long after its time the last may end: a kill costs a start and a lease, and in the short form hundreds fall due
 * within seconds. Were one slot held by each that sleeps, the last would be late by half an hour, in full by days.
 */
const LATEST_MS = 150_000;
const LONGEST_MS = FULL ? 1_200_000 : 300_000;

/** A deployment with four slots in all. */
interface Slots {
  url: string;
  records: DelayRecords;
  /** Kills what holds slots, or part of it, and starts it again. */
  kill(random: Random): Promise<void>;
  close(): Promise<void>;
}

const MODES: { mode: string; start(): Promise<Slots>; slotsAfter(kills: number): number }[] = [
  // The file's lock says that a holder is dead: a start frees what it held.
  { mode: "embedded", start: startEmbedded, slotsAfter: () => SLOTS },
  // What a killed worker held is its own until the lease is over.
  { mode: "PostgreSQL", start: startOnPostgres, slotsAfter: (kills) => SLOTS + (kills * SLOTS) / 2 },
];

for (const { mode, start, slotsAfter } of MODES) {
  const name = `${mode}: no delay ends early, and ${SLOTS} slots are enough for all of them`;
  // At the same time: they wait more than they work.
  test.concurrent(
    name,
    () =>
      play("tests/faults/delays.test.ts", name, async ({ random }) => {
        const slots = await start();
        try {
          const workflow = await new Client(slots.url).create([
            { name: "wait", type: "delay", config: { duration: "${payload.s}" } },
          ]);
          const interrupted: number[] = [];
          let mostHeld = 0;
          let mostAsleep = 0;
          const reached = (ended: number) => async () => {
            const census = await slots.records.census();
            mostHeld = Math.max(mostHeld, census.held);
            mostAsleep = Math.max(mostAsleep, census.asleep);
            expect(census.held).toBeLessThanOrEqual(slotsAfter(interrupted.length));
            return census.ended >= ended;
          };
          await triggerAll(slots.url, workflow, FIRST, random);
          await until("the first have ended", LONGEST_MS, reached(FIRST.count), 50);
          const onTime = at(latenessOf(await slots.records.all(), FIRST.count), 0.5);
          await triggerAll(slots.url, workflow, { count: DELAYS, ...DURATIONS }, random);
          for (let kill = 0; kill < KILLS; kill++) {
            const ended = Math.floor((DELAYS * (kill + random.next())) / (KILLS + 1)) + FIRST.count;
            await until(`${ended} delays have ended`, LONGEST_MS, reached(ended), 50);
            interrupted.push((await slots.records.census()).asleep);
            await slots.kill(random);
          }
          await until("every delay has ended", LONGEST_MS, reached(FIRST.count + DELAYS), 50);
          const lateness = latenessOf(await slots.records.all(), FIRST.count + DELAYS);
          const shown = [0.5, 0.99, 1].map((part) => Math.round(at(lateness, part))).join(", ");
          console.log(
            `delays, ${mode}: ${KILLS} kills with ${interrupted.join(", ")} asleep; ${DELAYS} runs, ${mostAsleep} asleep`,
            `at once, at most ${mostHeld} held; ended after their time by (ms, p50, p99, max) ${shown}; ${FIRST.count} before them, alone, by ${onTime} ms`,
          );
          expect(at(lateness, 1)).toBeLessThan(LATEST_MS);
          expect(mostAsleep).toBeGreaterThan(10 * SLOTS);
          for (const asleep of interrupted) expect(asleep).toBeGreaterThan(0);
        } finally {
          await slots.close();
        }
      }),
    LONGEST_MS,
  );
}

async function triggerAll(url: string, workflow: string, load: typeof FIRST, random: Random): Promise<void> {
  const durations = Array.from({ length: load.count }, () => {
    const seconds = load.least + random.next() * (load.most - load.least);
    return Math.round(seconds * 1000) / 1000;
  });
  const client = async () => {
    for (let s = durations.pop(); s !== undefined; s = durations.pop()) await new Client(url).trigger(workflow, { s });
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** How long after its time each ended, in order; fails for one that did not succeed or was early. */
function latenessOf(runs: DelayedRun[], count: number): number[] {
  expect(runs).toHaveLength(count);
  const late = runs.map((run) => {
    const { startedAt, completedAt, duration } = run;
    const lateBy = (completedAt ?? Number.NaN) - (startedAt ?? Number.NaN) - duration * 1000;
    expect({ ...run, early: !(lateBy >= 0) }).toEqual({ ...run, status: "success", early: false });
    return lateBy;
  });
  return late.sort((one, other) => one - other);
}

/** The value that so large a part of sorted values is not above. */
function at(sorted: number[], part: number): number {
  return sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
}

async function startEmbedded(): Promise<Slots> {
  const env = { WORKER_MAX_IN_FLIGHT: String(SLOTS), LEASE_SECONDS: String(LEASE_SECONDS) };
  const platform = await Platform.start({ env });
  const records = sqliteDelays(join(platform.dataFolder, "platform.db"));
  return {
    url: platform.url,
    records,
    kill: () => platform.restart(),
    async close() {
      await records.close();
      await platform.close();
    },
  };
}

/** An API, and two workers that have half of the slots each. */
async function startOnPostgres(): Promise<Slots> {
  const address = await newDatabase();
  const env = {
    DATABASE_URL: address,
    WORKER_MAX_IN_FLIGHT: String(SLOTS / 2),
    LEASE_SECONDS: String(LEASE_SECONDS),
  };
  const api = await PlatformProcess.start("api", env);
  const workers = [await PlatformProcess.start("worker", env), await PlatformProcess.start("worker", env)];
  const records = postgresDelays(address);
  return {
    url: api.url,
    records,
    async kill(random) {
      const [victim] = workers.splice(random.below(workers.length), 1);
      await victim?.end("SIGKILL");
      workers.push(await PlatformProcess.start("worker", env));
    },
    async close() {
      await records.close();
      await Promise.all([api, ...workers].map((process) => process.end("SIGKILL")));
    },
  };
}
