/**
 * Lists are whole: readers that follow the cursors see each run once, oldest and newest first, while two API processes store
 * runs in a database that is far away, and while either of them is killed and started again. A third process is near it: what
 * it stores and reads is there seconds before what the others have begun to store.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { servicesUp } from "../../infrastructure/local/services.ts";
import { Client } from "../harness/http/client.ts";
import { textAt } from "../harness/http/json.ts";
import { basePortOf, laneFolder } from "../harness/lane.ts";
import { REPOSITORY } from "../harness/platform.ts";
import { PlatformProcess } from "../harness/processes.ts";
import { newDatabase } from "../harness/under-test.ts";
import { type Toxic, Toxiproxy } from "./deployment/toxiproxy.ts";
import { followOldestFirst, readNewestFirst } from "./load/list-readers.ts";

const FULL = process.env.TEST_SIZE === "full";
/** Of the way to the database, milliseconds. Above 2 s ids are too old when they arrive. */
const LATENCIES = FULL ? [0, 500, 1500, 4000] : [0, 2500];
/** There and back: only one of them delays both logins and statements, but ids are late on the way there alone. */
const STREAMS = FULL ? (["upstream", "downstream"] as const) : (["upstream"] as const);
const PER_SECOND = FULL ? 300 : 60;
const SECONDS = FULL ? 30 : 4;
/** Of requests: `bun test` keeps more than 256 waiting, and the readers' behind them. */
const MOST_UNDER_WAY = 200;
/** A start takes some ten round trips. */
const START_MILLISECONDS = 90_000;
/** How long after the last trigger lists may take to be whole. */
const SETTLES_MS = 60_000;
const PROXY = basePortOf("fault-stack-lists");
const STEPS = [{ name: "answer", type: "transform", config: { value: 1 } }];

// The first time Toxiproxy is built.
setDefaultTimeout(600_000);

let toxiproxy: Toxiproxy;
let port: number;

beforeAll(async () => {
  const { postgres } = await servicesUp(["postgres"]);
  port = Number(new URL(postgres).port);
  toxiproxy = await Toxiproxy.up(join(REPOSITORY, ".tools", laneFolder("fault-stack-lists")), PROXY);
});
afterAll(() => toxiproxy.heal());

let ways = 0;

/** Two processes far from the database, and one near it. */
class Deployment {
  readonly #database: string;
  readonly #toxic: Toxic | null;
  readonly #processes: PlatformProcess[] = [];

  private constructor(database: string, toxic: Toxic | null) {
    this.#database = database;
    this.#toxic = toxic;
  }

  static async up(latency: number, stream: Toxic["stream"]): Promise<Deployment> {
    const database = await newDatabase();
    const up = new Deployment(database, latency === 0 ? null : { stream, type: "latency", attributes: { latency } });
    const near = PlatformProcess.start("api", { DATABASE_URL: database });
    up.#processes.push(...(await Promise.all([up.#start(), up.#start(), near])));
    return up;
  }

  any = (): Client => this.#client(Math.floor(Math.random() * 3));
  far = (): Client => this.#client(Math.random() < 0.5 ? 0 : 1);
  near = (): Client => this.#client(2);

  /** Kills one that is far away and starts it again. */
  async restart(index: number): Promise<void> {
    await this.#processes[index]?.end("SIGKILL");
    this.#processes[index] = await this.#start();
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end("SIGKILL")));
  }

  /** Far away with a way of its own; in the small form that is short until it has started, since a start takes long. */
  async #start(): Promise<PlatformProcess> {
    const [name, proxied] = [`way-${++ways}`, PROXY + ways];
    await toxiproxy.add(name, proxied, port);
    const slowDown = async () => {
      if (this.#toxic !== null) await toxiproxy.poison(name, this.#toxic);
    };
    const way = new URL(this.#database);
    way.port = String(proxied);
    const environment = { DATABASE_URL: way.href, MIGRATE_DATABASE_URL: this.#database };
    if (FULL) await slowDown();
    const started = await PlatformProcess.start("api", environment, START_MILLISECONDS);
    if (!FULL) await slowDown();
    return started;
  }

  #client(index: number): Client {
    return new Client(this.#processes[index]?.url ?? "");
  }
}

/** Triggers that are answered 200, at a steady rate, until both processes were killed and started again. */
async function triggerAll(up: Deployment, workflow: string, answered: Set<string>): Promise<number> {
  let underWay = 0;
  const trigger = async () => {
    underWay++;
    const reply = await up
      .any()
      .post("/api/v1/trigger", { workflow_id: workflow })
      .catch(() => null);
    if (reply?.status === 200) answered.add(textAt(reply.body, "run_id"));
    underWay--;
  };
  const sent: Promise<void>[] = [];
  let restarting = true;
  const begun = performance.now();
  const restarts = (async () => {
    await Bun.sleep(SECONDS * 300);
    await up.restart(0);
    await Bun.sleep(SECONDS * 300);
    await up.restart(1);
    await Bun.sleep(SECONDS * 400);
    restarting = false;
  })();
  for (let count = 0; restarting || count < PER_SECOND * SECONDS; count++) {
    if (underWay < MOST_UNDER_WAY) sent.push(trigger());
    await Bun.sleep(Math.max(0, begun + (count * 1000) / PER_SECOND - performance.now()));
  }
  await restarts;
  // What is under way would take half a minute more.
  if (!FULL) await toxiproxy.heal();
  await Promise.all(sent);
  return sent.length;
}

/** What was answered before a reading from the newest run on began and is not in it; each run is looked for once. */
async function missedOwnWrites(
  up: Deployment,
  answered: ReadonlySet<string>,
  isOver: () => boolean,
): Promise<{ missed: string[]; readings: number }> {
  const missed: string[] = [];
  let looked = 0;
  for (let readings = 1; ; readings++) {
    const last = isOver();
    const wanted = [...answered].slice(looked);
    looked += wanted.length;
    const read = await readNewestFirst(up.near, wanted.toSorted()[0]);
    expect(read).toEqual([...new Set(read)].toSorted().toReversed());
    const seen = new Set(read);
    missed.push(...wanted.filter((uuid) => !seen.has(uuid)));
    if (last) return { missed, readings };
    await Bun.sleep(200);
  }
}

describe.each(LATENCIES)("%d ms to the database", (latency) => {
  for (const stream of STREAMS) {
    if (latency === 0 && stream === "downstream") continue;
    test(`${stream}: every run once`, async () => {
      const up = await Deployment.up(latency, stream);
      const workflow = await up.near().create(STEPS);
      let isOver = false;
      const answered = new Set<string>();
      const lists: [string[], string[]] = [[], []];
      const oldest = [up.near, up.far].map((api, index) => followOldestFirst(lists[index] ?? [], api, () => isOver));
      const newest = missedOwnWrites(up, answered, () => isOver);
      const sent = await triggerAll(up, workflow, answered);
      await toxiproxy.heal();
      // Ids that were made ahead of their time are listed when it has come, and what a lock of a killed process holds up when
      // the database has found out. What is doubled or out of order fails below all the same.
      let all: string[] = [];
      for (const deadline = performance.now() + SETTLES_MS; performance.now() < deadline; await Bun.sleep(500)) {
        all = await readNewestFirst(up.near);
        if (lists.every((read) => read.length >= all.length)) break;
      }
      isOver = true;
      await Promise.all(oldest);
      const own = await newest;
      const stored = new Set(all);
      const lost = [...answered].filter((uuid) => !stored.has(uuid));
      const ascending = lists.map((read) => {
        const seen = new Set(read);
        return { read: read.length, missed: all.filter((uuid) => !seen.has(uuid)), doubled: read.length - seen.size };
      });
      console.log(
        `lists, ${latency} ms ${stream}: ${sent} sent, ${answered.size} answered 200, ${all.length} stored, ${lost.length} lost; ascending`,
        ...ascending.map(({ read, missed, doubled }) => `${read} read, ${missed.length} missed, ${doubled} doubled;`),
        `descending ${all.length} read, ${all.length - stored.size} doubled; own writes: ${own.readings} readings, ${own.missed.length} missed`,
      );
      for (const read of lists) expect(read).toEqual(all.toReversed());
      expect(lost).toEqual([]);
      expect(own.missed).toEqual([]);
      expect(answered.size).toBeGreaterThan(PER_SECOND);
      await up.end();
    });
  }
});
