/** Races: workers that claim, sweep, freeze, renew, save and give back the same runs at once. */
import { expect } from "bun:test";
import { PlatformError } from "../../../src/errors.ts";
import type { ClaimedRun, Progress } from "../../../src/storage/port.ts";
import { type Check, entriesText, MINUTE, only, pathsOf, present, progress, uuidsOf, type World } from "./kit.ts";

const RUNS = process.env.TEST_SIZE === "full" ? 5000 : 1000;
const CLAIMERS = 8;
const BATCH = 200;

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Asks again where too much waits already, which is said before anything is sent: a slow machine may take long for all of it. */
async function patiently<Value>(ask: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "overloaded") throw error;
    }
  }
}

/** What all workers were told, to be judged when the last run has ended. */
class Told {
  readonly uuids: string[];
  /** Every claim's `uuid:token`. */
  readonly claims: string[] = [];
  /** Paths of the entries that a save was acknowledged for, by run. */
  readonly saved = new Map<string, string[]>();
  /** The log that a run's ender knew, by run, once for each acknowledged end. */
  readonly ends: [uuid: string, paths: string[]][] = [];

  constructor(uuids: string[]) {
    this.uuids = uuids;
    for (const uuid of uuids) this.saved.set(uuid, []);
  }
}

/** A worker: now and then it freezes past its lease before it writes, and sends again what was acknowledged. */
class Claimer {
  readonly #world: World;
  readonly #told: Told;
  readonly #random: () => number;

  constructor(world: World, told: Told, seed: number) {
    this.#world = world;
    this.#told = told;
    this.#random = randomOf(seed);
  }

  async work(): Promise<void> {
    while (this.#told.ends.length < RUNS) {
      const runs = await patiently(() => this.#claim());
      if (runs.length === 0) await this.#world.pass(2);
      for (const { uuid, token } of runs) this.#told.claims.push(`${uuid}:${token}`);
      if (this.#random() < 0.3) await this.#world.pass(5);
      const alive = await this.#checkpoint(runs);
      const [one] = alive;
      if (one !== undefined && this.#random() < 0.5) await patiently(() => this.#world.renew(one, MINUTE));
      await this.#finish(alive);
    }
  }

  #claim(): Promise<ClaimedRun[]> {
    const lease = this.#random() < 0.3 ? 2 : MINUTE;
    if (this.#random() < 0.6) return this.#world.claimDue(BATCH, MINUTE * 1000, lease);
    const start = Math.floor(this.#random() * RUNS);
    return this.#world.claimByMessage(this.#told.uuids.slice(start, start + BATCH), lease);
  }

  /** Appends one entry to each; returns those that are still held, as they are now. */
  async #checkpoint(runs: ClaimedRun[]): Promise<ClaimedRun[]> {
    const path = ({ token, logLength }: ClaimedRun) => `${token}/${logLength}`;
    const items = runs.map((run) => progress(run, { entries: entriesText(path(run)) }));
    const outcomes = await patiently(() => this.#world.storage.saveProgress(items));
    if (this.#random() < 0.2) await patiently(() => this.#world.storage.saveProgress(items));
    return runs.flatMap((run, index) => {
      if (!this.#acknowledged(outcomes[index]?.kind)) return [];
      this.#told.saved.get(run.uuid)?.push(path(run));
      const log = JSON.stringify([...JSON.parse(run.log), ...JSON.parse(entriesText(path(run)))]);
      return [{ ...run, log, logLength: run.logLength + 1 }];
    });
  }

  async #finish(runs: ClaimedRun[]): Promise<void> {
    const items = runs.map((run) => progress(run, { next: this.#next() }));
    const outcomes = await patiently(() => this.#world.storage.saveProgress(items));
    for (const [index, run] of runs.entries()) {
      const ended = items[index]?.next.kind === "end";
      if (this.#acknowledged(outcomes[index]?.kind) && ended) this.#told.ends.push([run.uuid, pathsOf(run)]);
    }
  }

  #next(): Progress["next"] {
    const draw = this.#random();
    if (draw < 0.5) return { kind: "end", status: "success", error: null, stepResults: "{}" };
    // What is only held here is left behind until its lease is over, so that it must be short.
    return { kind: "due", dueAt: this.#world.now() + (draw < 0.75 ? -1 : 3) };
  }

  #acknowledged(kind: string | undefined): boolean {
    expect(["ok", "lost"]).toContain(kind ?? "nothing");
    return kind === "ok";
  }
}

export function raceContract(check: Check): void {
  check(`${CLAIMERS} claimers on ${RUNS} runs: each token has one holder, each run one end`, async (world) => {
    const told = new Told(await world.runs(RUNS));
    // It freezes before it writes and wakes up when all is over: its claims are certainly lost.
    const frozen = await world.claimByMessage(told.uuids.slice(0, BATCH), 2);
    for (const { uuid, token } of frozen) told.claims.push(`${uuid}:${token}`);
    await world.pass(5);
    const claimers = Array.from({ length: CLAIMERS }, (_, index) => new Claimer(world, told, 1000 + index));
    // Each of them to its end: the next test has the same tables.
    const works = await Promise.allSettled(claimers.map((claimer) => claimer.work()));
    for (const work of works) if (work.status === "rejected") throw work.reason;

    expect(new Set(told.claims).size).toBe(told.claims.length);
    const highest = new Map<string, number>();
    for (const [uuid = "", token = ""] of told.claims.map((claim) => claim.split(":"))) {
      highest.set(uuid, Math.max(highest.get(uuid) ?? 0, Number(token)));
    }
    // No token is skipped: as many claims as the highest tokens add up to.
    expect([...highest.values()].reduce((sum, token) => sum + token, 0)).toBe(told.claims.length);
    expect(told.ends.map(([uuid]) => uuid).sort()).toEqual(told.uuids.toSorted());
    for (const [uuid, paths] of told.ends) expect(paths).toEqual(present(told.saved.get(uuid)));
    const late = await world.storage.saveProgress(
      frozen.map((run) => progress(run, { next: { kind: "end", status: "failed", error: null, stepResults: "{}" } })),
    );
    expect(late.map(({ kind }) => kind)).toEqual(frozen.map(() => "lost"));
    expect(frozen.length).toBe(BATCH);

    const found = await world.findRuns(told.uuids);
    expect(found.every((run) => run?.status === "success")).toBe(true);
    expect(await world.storage.nextDue(0)).toBeNull();
    expect(await world.claimDue()).toEqual([]);
  });

  check("of 8 claims of one run at once, by message and by sweep, one gets it", async (world) => {
    for (let round = 0; round < 50; round++) {
      const uuid = await world.run();
      const claims = await Promise.all(
        Array.from({ length: CLAIMERS }, (_, index) =>
          index % 2 === 0 ? world.claimByMessage([uuid]) : world.claimDue(),
        ),
      );
      expect(uuidsOf(claims.flat())).toEqual([uuid]);
    }
  });

  check("of 8 ends of one run at once, by tokens old and new, the holder's one is written", async (world) => {
    const { old, current } = await world.takenOver();
    const end = (run: ClaimedRun, error: string) =>
      world.save(progress(run, { next: { kind: "end", status: "failed", error, stepResults: "{}" } }));
    const outcomes = await Promise.all(
      [old, old, current, old].map((run) => end(run, run === old ? "old" : "current")),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(["lost", "lost", "ok", "lost"]);
    expect(only(await world.findRuns([old.uuid]))).toMatchObject({ status: "failed", error: "current" });
  });
}
