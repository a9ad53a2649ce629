/**
 * Lists are whole: readers that follow the cursors see each run once, oldest and newest first, while two API processes store
 * runs behind a database that is slow, and while either of them is killed and started again.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { servicesUp } from "../../infrastructure/local/services.ts";
import { Client } from "../client.ts";
import { at, listAt, textAt } from "../json.ts";
import { laneFolder, lanePort } from "../lane.ts";
import { newDatabase, REPOSITORY } from "../platform.ts";
import { PlatformProcess } from "../processes.ts";
import { Toxiproxy } from "./toxiproxy.ts";

const FULL = process.env.TEST_SIZE === "full";
/** Of the way to the database, milliseconds. */
const LATENCIES = FULL ? [0, 500, 1500, 4000] : [0, 1500];
const PER_SECOND = FULL ? 300 : 60;
const SECONDS = FULL ? 30 : 8;
const PROXY = lanePort(19_800);
const STEPS = [{ name: "answer", type: "transform", config: { value: 1 } }];

// The first time Toxiproxy is built.
setDefaultTimeout(600_000);

let toxiproxy: Toxiproxy;
let port: number;

beforeAll(async () => {
  const { postgres } = await servicesUp(["postgres"]);
  port = Number(new URL(postgres).port);
  toxiproxy = await Toxiproxy.up(join(REPOSITORY, ".tools", laneFolder("fault-lists")), PROXY);
});
afterAll(() => toxiproxy.heal());

interface Page {
  uuids: string[];
  next: string | null;
}

/** A page; null while the platform sheds or is being started. */
async function page(api: Client, query: string): Promise<Page | null> {
  const reply = await api.get(`/api/v1/runs?${query}`).catch(() => null);
  if (reply === null || reply.status === 503) return null;
  if (reply.status !== 200) throw new Error(`${reply.sent} was answered ${reply.status}: ${reply.text}`);
  const next = at(reply.body, "next_cursor");
  const uuids = listAt(reply.body, "items").map((item) => textAt(item, "uuid"));
  return { uuids, next: next === null ? null : String(next) };
}

/** Reads from the beginning, and goes on from the last cursor for as long as `isOver` says. */
async function followOldestFirst(api: () => Client, isOver: () => boolean): Promise<string[]> {
  const read: string[] = [];
  // The page after `cursor` is read again until it is full: `before` is how many rows came before it.
  let [cursor, before] = ["", 0];
  for (let last = false; ; ) {
    const over = isOver();
    const found = await page(api(), `order=asc&limit=20&cursor=${cursor}`);
    if (found === null) {
      await Bun.sleep(50);
      continue;
    }
    const known = read.slice(before);
    // What was shown once stays, and what is new comes behind it.
    expect(found.uuids.slice(0, known.length)).toEqual(known);
    read.push(...found.uuids.slice(known.length));
    if (found.next !== null) [cursor, before] = [found.next, read.length];
    else if (last) return read;
    else {
      last = over;
      await Bun.sleep(100);
    }
  }
}

/** One reading from the newest run on. */
async function readNewestFirst(api: () => Client): Promise<string[]> {
  const read: string[] = [];
  for (let cursor = ""; ; ) {
    const found = await page(api(), `limit=50&cursor=${cursor}`);
    if (found === null) {
      await Bun.sleep(50);
      continue;
    }
    read.push(...found.uuids);
    if (found.next === null) return read;
    cursor = found.next;
  }
}

describe.each(LATENCIES)("%d ms to the database", (latency) => {
  for (const stream of ["upstream", "downstream"] as const) {
    if (latency === 0 && stream === "downstream") continue;
    test(`${stream}: every run once`, async () => {
      const name = `database-${latency}-${stream}`;
      const proxied = PROXY + 1 + LATENCIES.indexOf(latency) * 2 + (stream === "upstream" ? 0 : 1);
      await toxiproxy.add(name, proxied, port);
      const database = new URL(await newDatabase());
      const MIGRATE_DATABASE_URL = database.href;
      database.port = String(proxied);
      const environment = { DATABASE_URL: database.href, MIGRATE_DATABASE_URL };
      const start = () => PlatformProcess.start("api", environment);
      const processes = await Promise.all([start(), start()]);
      const apis = processes.map(({ url }) => new Client(url));
      const any = () => apis[Math.floor(Math.random() * apis.length)] ?? new Client("");
      const workflow = await any().create(STEPS);
      if (latency > 0) await toxiproxy.poison(name, { stream, type: "latency", attributes: { latency } });

      let isOver = false;
      const answered = new Set<string>();
      const oldest = [0, 1].map(() => followOldestFirst(any, () => isOver));
      const newest = (async () => {
        const unseen: string[] = [];
        while (!isOver) {
          const before = [...answered];
          const read = await readNewestFirst(any);
          expect(read).toEqual([...new Set(read)].toSorted().toReversed());
          const seen = new Set(read);
          unseen.push(...before.filter((uuid) => !seen.has(uuid)));
          await Bun.sleep(500);
        }
        return unseen;
      })();
      const trigger = async () => {
        const reply = await any()
          .post("/api/v1/trigger", { workflow_id: workflow })
          .catch(() => null);
        if (reply?.status === 200) answered.add(textAt(reply.body, "run_id"));
      };
      const triggers: Promise<void>[] = [];
      const begun = performance.now();
      let restarts = 0;
      let restarting = Promise.resolve();
      const restart = async (index: number) => {
        await processes[index]?.end("SIGKILL");
        const started = await start();
        processes[index] = started;
        apis[index] = new Client(started.url);
      };
      for (let count = 0; count < PER_SECOND * SECONDS; count++) {
        triggers.push(trigger());
        if (count === Math.floor(PER_SECOND * SECONDS * (restarts + 1) * 0.3) && restarts < 2) {
          const index = restarts++;
          restarting = restarting.then(() => restart(index));
        }
        await Bun.sleep(Math.max(0, begun + (count * 1000) / PER_SECOND - performance.now()));
      }
      await Promise.all(triggers);
      await restarting;
      // Ids that were made ahead of their time are listed when it has come.
      await Bun.sleep(3000 + 2 * latency);
      isOver = true;
      const lists = await Promise.all(oldest);
      const unseen = await newest;
      await toxiproxy.heal();
      const all = await readNewestFirst(any);
      for (const read of lists) expect(read).toEqual(all.toReversed());
      expect([...answered].filter((uuid) => !all.includes(uuid))).toEqual([]);
      expect(unseen).toEqual([]);
      console.log(
        `lists, ${latency} ms ${stream}: ${answered.size} answered 200, ${all.length} stored, ${restarts} kills`,
      );
      expect(answered.size).toBeGreaterThan(PER_SECOND);
      await Promise.all(processes.map((each) => each.end("SIGKILL")));
    });
  }
});
