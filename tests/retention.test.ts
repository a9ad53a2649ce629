/** Old runs are dropped while others are triggered and read; `bun run bench retention` does it with a million. */
import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Sql } from "postgres";
import { connect } from "../src/storage/postgres/database.fixture.ts";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { newDatabase } from "./harness/under-test.ts";

/** More than PostgreSQL deletes one by one. */
const OLD = 12_000;
/** Of a workflow that keeps its runs for fewer days than the others: more than are deleted in one step. */
const BRIEF = 700;
const DAY = 24 * 60 * 60 * 1000;
const AGE = 90 * DAY;
/** Longer than the first look at the start, and the steps to the end. */
const SLEEP: StepInput[] = [
  { name: "wait", type: "delay", config: { duration: 8 } },
  { name: "after", type: "transform", config: { value: "awake" } },
];
const PURE: StepInput[] = [{ name: "one", type: "transform", config: { value: 1 } }];

const running: Platform[] = [];
const connections: Sql[] = [];
afterAll(async () => {
  await Promise.all(running.map((platform) => platform.close()));
  await Promise.all(connections.map((sql) => sql.end()));
});

function uuidOf(time: number, number: number): string {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** A platform, and two ways to the rows of runs past it while it is not running. */
interface Kind {
  start(): Promise<Platform>;
  /** Stores rows of runs that were over when they were triggered, with the uuids `uuidOf(time, 1…count)`. */
  fill(platform: Platform, workflow: string, time: number, count: number): Promise<void>;
  /** Stores an old run that has yet to be executed. */
  add(platform: Platform, workflow: string, uuid: string): Promise<void>;
  count(platform: Platform, before: string): Promise<number>;
}

const embedded: Kind = {
  start: () => Platform.start(),
  async fill(platform, workflow, time, count) {
    const database = new Database(join(platform.dataFolder, "platform.db"));
    const insert =
      database.prepare(`insert into workflow_runs (uuid, namespace, workflow_id, status, created_at, started_at,
      completed_at, step_results) values (?, 'default', ?, 'success', ?, ?, ?, '{}')`);
    database.transaction(() => {
      for (let number = 1; number <= count; number++) insert.run(uuidOf(time, number), workflow, time, time, time);
    })();
    // Until its statements are gone a closed database holds the file.
    insert.finalize();
    database.close();
  },
  async add(platform, workflow, uuid) {
    const database = new Database(join(platform.dataFolder, "platform.db"));
    database.run("insert into workflow_runs (uuid, workflow_id, status) values (?, ?, 'pending')", [uuid, workflow]);
    database.close();
  },
  async count(platform, before) {
    const database = new Database(join(platform.dataFolder, "platform.db"), { readonly: true });
    const row = database
      .query<{ count: number }, [string]>("select count(*) as count from workflow_runs where uuid < ?")
      .get(before);
    database.close();
    return row?.count ?? 0;
  },
};

function postgresAt(url: string): Kind {
  const sql = connect(url);
  connections.push(sql);
  return {
    start: () => Platform.start({ env: { DATABASE_URL: url } }),
    async fill(_, workflow, time, count) {
      await sql`insert into workflow_runs (uuid, namespace, workflow_id, status, payload, created_at, started_at, completed_at, step_results)
        select (${uuidOf(time, 0).slice(0, 24)}::text || lpad(to_hex(n), 12, '0'))::uuid, 'default', ${workflow}::uuid, 'success', '{}',
          at, at, at, '{}' from generate_series(1, ${count}::integer) as n, (select to_timestamp(${time}::float8 / 1000) as at) as time`;
    },
    async add(_, workflow, uuid) {
      await sql`insert into workflow_runs (uuid, workflow_id, status, payload) values (${uuid}, ${workflow}, 'pending', '{}')`;
    },
    async count(_, before) {
      const [row] = await sql<{ count: number }[]>`select count(*)::integer from workflow_runs where uuid < ${before}`;
      return row?.count ?? 0;
    },
  };
}

for (const [name, kindOf] of [
  ["embedded", async () => embedded],
  ["PostgreSQL", async () => postgresAt(await newDatabase())],
] as const) {
  test(`${name}: old runs are dropped, one that sleeps is not, and nobody who triggers or reads meets an error`, async () => {
    const kind = await kindOf();
    const platform = await kind.start();
    running.push(platform);
    const first = new Client(platform.url);
    const [pure, sleeping] = [await first.create(PURE), await first.create(SLEEP)];
    const brief = await first.create(PURE, { retention: 7 });
    await platform.stop();
    const [old, between, young] = [Date.now() - AGE, Date.now() - 10 * DAY, Date.now() - DAY];
    await kind.fill(platform, pure, old, OLD);
    await kind.fill(platform, pure, young, 300);
    // Not over for as long as other runs are kept.
    await kind.fill(platform, brief, between, BRIEF);
    const sleeper = uuidOf(old, OLD + 1);
    await kind.add(platform, sleeping, sleeper);
    await platform.restart({ RETENTION_DAYS: "30" });

    const api = new Client(platform.url);
    let over = false;
    const triggered: string[] = [];
    const trigger = async () => {
      while (!over) {
        triggered.push(...(await Promise.all(Array.from({ length: 10 }, () => api.trigger(pure)))));
        await Bun.sleep(20);
      }
    };
    const read = async () => {
      for (let order = "asc"; !over; order = order === "asc" ? "desc" : "asc") {
        for (let cursor = ""; ; ) {
          const reply = await api.get(`/api/v1/runs?limit=200&order=${order}${cursor}`);
          expectReply(reply, 200);
          const next = at(reply.body, "next_cursor");
          if (over || typeof next !== "string") break;
          cursor = `&cursor=${next}`;
        }
      }
    };
    const watch = async () => {
      while (!over) {
        expectReply(await api.get(`/api/v1/runs/${sleeper}`), 200);
        await Bun.sleep(20);
      }
    };
    const others = Promise.all([trigger(), read(), watch()]);
    const dropped = async () => {
      while ((await kind.count(platform, uuidOf(young - DAY, 0))) > 1) await Bun.sleep(200);
      over = true;
    };
    await Promise.all([others, dropped()]);

    expectReply(await api.get(`/api/v1/runs/${uuidOf(old, 1)}`), 404);
    for (const uuid of [uuidOf(young, 1), uuidOf(young, 300)]) expectReply(await api.get(`/api/v1/runs/${uuid}`), 200);
    const awake = await api.untilEnded(sleeper);
    expect(awake.status).toBe("success");
    expect(textAt(awake.body, "step_results", "after", "output", "value")).toBe("awake");
    for (const uuid of triggered) expect((await api.untilEnded(uuid)).status).toBe("success");
    expect(platform.logs.filter(({ fields }) => Number(fields.level) >= 50)).toEqual([]);
  }, 120_000);
}
