/** Promise 3: a step's result is recorded at most once, and a worker that was frozen past its lease writes nothing. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Sql } from "postgres";
import { Client } from "../harness/http/client.ts";
import { Deployment } from "./deployment/deployment.ts";
import { play } from "./deployment/folder.ts";
import { Sink } from "./deployment/sink.ts";
import { watchFinalStates } from "./final.ts";
import { makeCalling } from "./load/kinds.ts";
import { Load } from "./load/load.ts";
import { until } from "./load/waiting.ts";
import { untilAllEnded, untilAllSent } from "./until-all.ts";
import { judge } from "./verdict.ts";

const FULL = process.env.TEST_SIZE === "full";
const FILE = "tests/faults/stale.test.ts";
const NAME = "a worker that was frozen past its lease writes nothing and begins no side effect";
const FREEZES = FULL ? 4 : 1;
const RUNS = FULL ? 100 : 40;
/** Webhooks of a worker under way at once, of four times as many places: the runs behind them wait for their turn. */
const EFFECTS = 20;
/** Longer than it takes until so many are under way: what the frozen worker had begun, it has sent. */
const FIRST_ANSWER_MS = 3000;
const ENDS_MS = 120_000;
const BEGINS_MS = 30_000;

setDefaultTimeout(FULL ? 900_000 : 600_000);

test(NAME, async () => {
  await play(FILE, NAME, async ({ folder, keepsLogsOf }) => {
    const env = { LEASE_SECONDS: "3", WORKER_MAX_EFFECTS: String(4 * EFFECTS) };
    const deployment = await Deployment.up({ apis: 1, workers: 2, env });
    keepsLogsOf(deployment);
    const sink = await Sink.start(folder);
    try {
      const { sql } = deployment;
      await watchFinalStates(sql);
      const kinds = [await makeCalling(new Client(deployment.url), sink, FIRST_ANSWER_MS)];
      let n = 0;
      const trigger = async (count: number) => {
        const load = new Load({ url: () => deployment.url, kinds, folder, perSecond: 500, from: n, count });
        n += count;
        load.start();
        await until(`${count} runs are triggered`, BEGINS_MS, () => load.sent === count);
        await load.stop();
        expect(load.accepted).toBe(count);
      };
      let held = 0;
      for (let freeze = 0; freeze < FREEZES; freeze++) {
        const [frozen, other] = freeze % 2 === 0 ? ["worker-1", "worker-2"] : ["worker-2", "worker-1"];
        await deployment.stop(other);
        const begun = sink.attempts().length + EFFECTS;
        await trigger(RUNS);
        await until(`${EFFECTS} webhooks are under way`, BEGINS_MS, () => sink.attempts().length >= begun);
        deployment.signal(frozen, "SIGSTOP");
        held += await countHeld(sql);
        await deployment.start(other);
        await untilAllEnded(sql, ENDS_MS);
        await untilAllSent(sql);
        await deployment.stop(other);
        const last = await newestRun(sql);
        const rows = await rowsUpTo(sql, last);
        const attempts = sink.attempts().length;

        deployment.signal(frozen, "SIGCONT");
        // It has come to itself when it executes a new run, which nobody else is there for.
        await trigger(1);
        await untilAllEnded(sql, ENDS_MS);
        expect(await rowsUpTo(sql, last)).toEqual(rows);
        expect(sink.attempts().filter(({ run }) => run <= last).length).toBe(attempts);
        await deployment.start(other);
      }
      const { faults, ...counts } = await judge({ deployment, kinds, sink, folder });
      const counted = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
      console.log(`${NAME}: ${FREEZES} × SIGSTOP past the lease, ${held} runs held meanwhile; ${counted.join(", ")}`);
      expect(faults).toEqual([]);
      expect(held).toBeGreaterThanOrEqual(FREEZES * EFFECTS);
      expect(counts.repeated).toBeGreaterThanOrEqual(FREEZES * EFFECTS);
    } finally {
      await deployment.down();
      await sink.close();
    }
  });
});

async function countHeld(sql: Sql): Promise<number> {
  const [row] = await sql<{ held: number }[]>`
    select count(*)::integer as held from run_queue where holder is not null`;
  return row?.held ?? 0;
}

async function newestRun(sql: Sql): Promise<string> {
  const [row] = await sql<{ uuid: string }[]>`select uuid from workflow_runs order by uuid desc limit 1`;
  return row?.uuid ?? "";
}

/** Every row of runs up to this one, with the transaction that wrote it last: a write that changes nothing shows too. */
async function rowsUpTo(sql: Sql, last: string): Promise<object[]> {
  return [
    ...(await sql`select xmin::text, r::text as row from workflow_runs r where uuid <= ${last} order by uuid`),
    ...(await sql`select xmin::text, q::text as row from run_queue q where run_uuid <= ${last} order by run_uuid`),
    ...(await sql`select xmin::text, l::text as row from run_log l where run_uuid <= ${last} order by run_uuid, seq`),
  ];
}
