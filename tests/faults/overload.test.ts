/** Promise 10: overload is answered with 503 and when to come again, never with a reset, and is over when its cause is. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { portsFrom } from "../../infrastructure/local/services.ts";
import { Client } from "../harness/http/client.ts";
import { basePortOf, laneFolder } from "../harness/lane.ts";
import { REPOSITORY } from "../harness/platform.ts";
import { Deployment } from "./deployment/deployment.ts";
import { atPort } from "./deployment/deployment-parts.ts";
import { play } from "./deployment/folder.ts";
import { Sink } from "./deployment/sink.ts";
import { Toxiproxy } from "./deployment/toxiproxy.ts";
import { watchFinalStates } from "./final.ts";
import { Crowd, percentile } from "./load/crowd.ts";
import { type Made, makeKinds } from "./load/kinds.ts";
import { until } from "./load/waiting.ts";
import { untilAllEnded } from "./until-all.ts";
import { judge } from "./verdict.ts";

const FULL = process.env.TEST_SIZE === "full";
const FILE = "tests/faults/overload.test.ts";
const CONNECTIONS = FULL ? 10_000 : 2_000;
/** Together the first triggers are more than the APIs can have written in the 5 s that anybody may have to wait. */
const PADDING = Math.round(60e6 / CONNECTIONS);
/** Answers for each connection, on the average. */
const EACH = FULL ? 3 : 1.5;
const STATEMENT_MS = 500;
const BASE_PORT = basePortOf("fault-stack");
const TOXIPROXY = BASE_PORT + 40;
const SLOW = BASE_PORT + 42;
/** The numbers of each crowd. */
const NUMBERS = 1_000_000;
const CROWD_MS = 120_000;
const RECOVERS_MS = 10_000;
const ENDS_MS = 180_000;

// The first time Toxiproxy is built.
setDefaultTimeout(FULL ? 900_000 : 600_000);

const NAME = "an overload is answered with 200 or when to come again, and over when the database is fast again";
test(NAME, () =>
  play(FILE, NAME, async ({ folder, keepsLogsOf }) => {
    const { pgbouncer } = portsFrom(BASE_PORT);
    const toxiproxy = await Toxiproxy.up(join(REPOSITORY, ".tools", laneFolder("fault-stack")), TOXIPROXY);
    await toxiproxy.add("slow", SLOW, pgbouncer);
    const deployment = await Deployment.up({
      reach: (addresses) => ({ ...addresses, pgbouncer: atPort(addresses.pgbouncer, SLOW) }),
    });
    keepsLogsOf(deployment);
    const sink = await Sink.start(folder);
    try {
      await watchFinalStates(deployment.sql);
      const kinds = (await makeKinds(new Client(deployment.url), sink)).filter(({ webhooks }) => webhooks.size === 0);
      const straight = ["api-1", "api-2"].map((name) => deployment.address(name));
      const { url } = deployment;
      const ways = FULL ? { "through nginx": [url], straight } : { "half through nginx": [url, url, ...straight] };
      for (const [index, [way, urls]] of Object.entries(ways).entries()) {
        const from = 2 * index * NUMBERS;
        const normal = await freshTriggers({ urls, kinds, folder, from }, 100);
        expect(normal).toBeLessThan(RECOVERS_MS);
        await toxiproxy.poison("slow", {
          type: "latency",
          stream: "downstream",
          attributes: { latency: STATEMENT_MS },
        });
        const crowd = new Crowd({
          urls,
          connections: CONNECTIONS,
          kinds,
          folder,
          from: from + NUMBERS / 2,
          padding: PADDING,
          pauseMs: 0,
        });
        crowd.start();
        const enough = () => crowd.connected === CONNECTIONS && crowd.took.length >= EACH * CONNECTIONS;
        await until("the crowd has its answers", CROWD_MS, enough, 100);
        await crowd.stop();
        await toxiproxy.heal();
        const start = performance.now();
        let recovered = { p99: Number.POSITIVE_INFINITY, afterMs: 0 };
        for (let n = from + NUMBERS; recovered.p99 > 2 * normal + 50; n += 1000) {
          const p99 = await freshTriggers({ urls, kinds, folder, from: n }, 100);
          recovered = { p99, afterMs: performance.now() - start };
          expect(recovered.afterMs).toBeLessThan(RECOVERS_MS);
        }
        console.log(
          `overload ${way}: ${crowd}, p50 ${round(crowd.percentile(0.5))} ms, p99 ${round(crowd.percentile(0.99))} ms, all within ${round(crowd.percentile(1))} ms;`,
          `p99 of fresh triggers ${round(normal)} ms before, ${round(recovered.p99)} ms within ${round(recovered.afterMs)} ms after`,
        );
        expect(crowd.faults.slice(0, 5)).toEqual([]);
        expect([...crowd.statuses.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
        expect(crowd.closedIdle).toBe(0);
        expect(crowd.accepted).toBeGreaterThan(CONNECTIONS / 4);
        // Without a refusal it was no overload.
        expect(crowd.took.length - crowd.accepted).toBeGreaterThan(CONNECTIONS / 20);
      }
      const endedMs = await untilAllEnded(deployment.sql, ENDS_MS);
      const { faults, ...verdict } = await judge({ deployment, kinds, sink, folder });
      console.log(`overload: the last ended ${round(endedMs)} ms after`, verdict);
      expect(faults).toEqual([]);
    } finally {
      await toxiproxy.heal();
      await deployment.down();
      await sink.close();
    }
  }),
);

interface Fresh {
  urls: readonly string[];
  kinds: readonly Made[];
  folder: string;
  from: number;
}

/** The p99 of so many triggers of a few clients, milliseconds; infinite when one is not answered 200. */
async function freshTriggers(options: Fresh, count: number): Promise<number> {
  const crowd = new Crowd({ ...options, connections: 5, pauseMs: 10 });
  crowd.start();
  await until("triggers are answered", RECOVERS_MS, () => crowd.took.length >= count, 5);
  await crowd.stop();
  expect(crowd.faults).toEqual([]);
  return crowd.accepted === crowd.took.length ? percentile(crowd.took, 0.99) : Number.POSITIVE_INFINITY;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds);
}
