/** Promise 5: what a killed worker held goes on within its lease and a sweep, whatever the other processes' clocks say. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Sql } from "postgres";
import type { Part } from "../../infrastructure/local/processes/parts.ts";
import { Client } from "../harness/http/client.ts";
import { fieldsOf } from "../harness/platform.ts";
import { Deployment } from "./deployment/deployment.ts";
import { play } from "./deployment/folder.ts";
import { Sink } from "./deployment/sink.ts";
import { watchFinalStates } from "./final.ts";
import { makeCalling, makeKinds } from "./load/kinds.ts";
import { Load } from "./load/load.ts";
import { until } from "./load/waiting.ts";
import { untilAllEnded } from "./until-all.ts";
import { judge } from "./verdict.ts";

const FULL = process.env.TEST_SIZE === "full";
const FILE = "tests/faults/takeover.test.ts";
/** The usual lease is 30 s. */
const LEASE_SECONDS = FULL ? 30 : 3;
const WITHIN_SECONDS = LEASE_SECONDS + 10;
const HELD = FULL ? 1_000 : 100;
const NAME = `${HELD} runs of a killed worker are picked up within lease and sweep, with clocks an hour off`;
const HOUR_MS = 3_600_000;
const CLOCKS: Record<string, number> = { "api-1": HOUR_MS, "worker-1": HOUR_MS, "worker-2": -HOUR_MS };
/** No first attempt is answered before the kill, nor fails: a webhook has 30 s. */
const FIRST_ANSWER_MS = 60_000;
const BEGINS_MS = 60_000;

setDefaultTimeout(600_000);

test(NAME, async () => {
  await play(FILE, NAME, async ({ folder, keepsLogsOf }) => {
    // A host that has not answered yet gets a quarter of a worker's effects.
    const env = { LEASE_SECONDS: String(LEASE_SECONDS), WORKER_MAX_EFFECTS: String(4 * HELD) };
    const deployment = await Deployment.up({ apis: 1, workers: 2, env, adapt: withClock });
    keepsLogsOf(deployment);
    const sink = await Sink.start(folder);
    try {
      const { sql } = deployment;
      for (const [name, off] of Object.entries(CLOCKS))
        expect(Math.round(clockOf(deployment, name) / 600_000)).toBe(off / 600_000);
      await watchFinalStates(sql);
      await watchClaims(sql);
      const began = await databaseTime(sql);
      const api = new Client(deployment.url);
      const sleeping = (await makeKinds(api, sink)).filter(({ steps }) => steps.some(({ type }) => type === "delay"));
      const kinds = [await makeCalling(api, sink, FIRST_ANSWER_MS), ...sleeping];
      await deployment.stop("worker-2");
      const count = HELD * kinds.length;
      const load = new Load({ url: () => deployment.url, kinds, folder, perSecond: 500, count });
      load.start();
      await until(`${HELD} webhooks are under way`, BEGINS_MS, () => sink.attempts().length === HELD);
      await load.stop();
      await deployment.start("worker-2");

      await deployment.kill("worker-1");
      const killed = await databaseTime(sql);
      await untilAllEnded(sql, (WITHIN_SECONDS + 60) * 1000);
      const claims = await claimsAgain(sql);
      const waits = claims.map(({ at }) => (at - killed) / 1000);
      const slowest = Math.max(...waits);
      const ended = await databaseTime(sql);
      const { faults, ...counts } = await judge({ deployment, kinds, sink, folder });
      const counted = Object.entries(counts).map(([what, number]) => `${what} ${number}`);
      console.log(
        `${NAME}: 1 × kill -9, clocks ${Object.values(CLOCKS).map((off) => off / HOUR_MS)} h off; ${claims.length} runs taken over,`,
        `the last after ${slowest.toFixed(1)} s of a lease of ${LEASE_SECONDS} s; ${counted.join(", ")}`,
      );
      expect(faults).toEqual([]);
      expect(load.accepted).toBe(count);
      expect(claims.length).toBeGreaterThanOrEqual(HELD);
      expect(slowest).toBeLessThanOrEqual(WITHIN_SECONDS);
      expect(claims.filter(({ at, due }) => at < due)).toEqual([]);
      expect(await timesOutside(sql, began, ended)).toEqual([]);
    } finally {
      await deployment.down();
      await sink.close();
    }
  });
});

/** A part whose clock is off, where it is one of those. */
function withClock(part: Part): Part {
  const off = CLOCKS[part.name];
  if (off === undefined) return part;
  return {
    ...part,
    async prepare() {
      const { command, env, ...launch } = await part.prepare();
      const [bun = "", ...program] = command;
      const preloaded = [bun, "--preload", join(import.meta.dir, "deployment/clock-off.ts"), ...program];
      return { ...launch, command: preloaded, env: { ...env, CLOCK_OFF_MS: String(off) } };
    },
  };
}

/** How far off a process's clock is, from the time that it logged last, milliseconds. */
function clockOf(deployment: Deployment, name: string): number {
  const times = deployment
    .log(name)
    .split("\n")
    .map((line) => fieldsOf(line).time);
  return Date.parse(String(times.findLast((time) => typeof time === "string"))) - Date.now();
}

/** Records every claim of a run whose holder's lease was over, with the end of that lease. */
async function watchClaims(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create table fault_claims (uuid uuid, token integer, due timestamptz, at timestamptz default clock_timestamp());
    create table fault_freed (uuid uuid, token integer, due timestamptz);
    create function record_freed() returns trigger language plpgsql as $$
      begin
        insert into fault_freed select new.run_uuid, new.token, lease_until from workers where uuid = old.holder;
        return null;
      end $$;
    create function record_claim() returns trigger language plpgsql as $$
      begin
        insert into fault_claims (uuid, token, due)
          select uuid, new.token, due from fault_freed where uuid = new.run_uuid and token = old.token;
        return null;
      end $$;
    -- What is freed is due at the time of its transaction; what is given back is due at a time of the worker's.
    create trigger record_freed after update on run_queue for each row
      when (old.holder is not null and new.holder is null and new.due_at = now()) execute function record_freed();
    create trigger record_claim after update on run_queue for each row
      when (new.token > old.token and old.token > 0) execute function record_claim()`);
}

/** Those claims: milliseconds of the database's clock. */
async function claimsAgain(sql: Sql): Promise<{ at: number; due: number }[]> {
  return sql<{ at: number; due: number }[]>`
    select extract(epoch from at)::float8 * 1000 as at, extract(epoch from due)::float8 * 1000 as due from fault_claims`;
}

async function databaseTime(sql: Sql): Promise<number> {
  const [row] = await sql<{ now: number }[]>`select extract(epoch from clock_timestamp())::float8 * 1000 as now`;
  return row?.now ?? Number.NaN;
}

/** Times of steps and of ids that were not the database's. */
async function timesOutside(sql: Sql, began: number, ended: number): Promise<object[]> {
  return sql`
    with times as (
      select uuid, extract(epoch from (step.value->>field)::timestamptz) * 1000 as time
      from workflow_runs, jsonb_each(step_results) as step, unnest(array['started_at', 'completed_at']) as field
      union all
      select uuid, ('x' || lpad(substr(replace(uuid::text, '-', ''), 1, 12), 16, '0'))::bit(64)::bigint from workflow_runs
    ) select uuid, time::float8 from times where time not between ${began - 1000} and ${ended + 1000} limit 5`;
}
