/** Promise 13: slow is not dead. Latency, narrow, silent and broken connections, and answers that get lost on their way. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { endPart, recordsIn } from "../../infrastructure/local/processes/parts.ts";
import { pgbouncerPart } from "../../infrastructure/local/services/pgbouncer.ts";
import { portsFrom } from "../../infrastructure/local/services.ts";
import { Client } from "../harness/http/client.ts";
import { basePortOf, laneFolder } from "../harness/lane.ts";
import { REPOSITORY } from "../harness/platform.ts";
import { Deployment } from "./deployment/deployment.ts";
import { atPort } from "./deployment/deployment-parts.ts";
import { play } from "./deployment/folder.ts";
import { LosingProxy } from "./deployment/losing-proxy.ts";
import { Sink } from "./deployment/sink.ts";
import { Toxiproxy } from "./deployment/toxiproxy.ts";
import { watchFinalStates } from "./final.ts";
import { makeKinds } from "./load/kinds.ts";
import { Load } from "./load/load.ts";
import { Trouble } from "./slow-trouble.ts";
import { untilAllEnded } from "./until-all.ts";
import { judge } from "./verdict.ts";

const FULL = process.env.TEST_SIZE === "full";
const FILE = "tests/faults/slow.test.ts";
const PER_SECOND = FULL ? 60 : 30;
const BASE_PORT = basePortOf("fault-stack");
/** Where the proxies are, beside the services' ports. */
const TOXIPROXY = BASE_PORT + 40;
const LOSING = BASE_PORT + 41;
const SLOW = BASE_PORT + 42;
const ENDS_MS = 120_000;
/** So that what a worker lost sight of is taken over soon. */
const LEASE = { LEASE_SECONDS: "5" };

// The first time Toxiproxy is built.
setDefaultTimeout(FULL ? 1_200_000 : 600_000);

type Way = "to PgBouncer" | "to PostgreSQL" | "from PgBouncer to PostgreSQL";
const WAYS: Way[] = FULL ? ["to PgBouncer", "to PostgreSQL", "from PgBouncer to PostgreSQL"] : ["to PgBouncer"];

for (const way of WAYS) {
  const name = `no run is lost or doubled by slow and broken connections ${way}`;
  test(name, () =>
    play(FILE, name, async ({ folder, random, keepsLogsOf }) => {
      const { toxiproxy, losing, deployment } = await deploy(way, (port) => new LosingProxy(LOSING, port, random));
      keepsLogsOf(deployment);
      const sink = await Sink.start(folder);
      try {
        await watchFinalStates(deployment.sql);
        const kinds = await makeKinds(new Client(deployment.url), sink);
        const load = new Load({ url: () => deployment.url, kinds, folder, perSecond: PER_SECOND });
        const trouble = new Trouble({ toxiproxy, losing, load, random, log: (part) => deployment.log(part) });
        load.start();
        try {
          await trouble.make(FULL ? 3 : 1);
        } finally {
          await toxiproxy.heal();
          await load.stop();
        }
        const endedMs = await untilAllEnded(deployment.sql, ENDS_MS);
        const { faults, ...verdict } = await judge({ deployment, kinds, sink, folder });
        console.log(`slow ${way}: ${trouble}; ${load}; the last ended ${Math.round(endedMs)} ms after`, verdict);
        expect(faults).toEqual([]);
        expect([...load.refused.keys()].filter((what) => what !== "503")).toEqual([]);
        expect(verdict.accepted).toBeGreaterThan(FULL ? 1_500 : 400);
      } finally {
        await deployment.down();
        // It may have been told another way to PostgreSQL than the next test wants.
        await deployment.stop("pgbouncer");
        losing.close();
        await sink.close();
      }
    }),
  );
}

/** The platform, a proxy that loses answers, Toxiproxy and what is behind it, in this order or the one that `way` says. */
async function deploy(way: Way, makeLosing: (upstreamPort: number) => LosingProxy) {
  const folder = join(REPOSITORY, ".tools", laneFolder("fault-stack"));
  const { postgres, pgbouncer } = portsFrom(BASE_PORT);
  const toxiproxy = await Toxiproxy.up(folder, TOXIPROXY);
  await toxiproxy.add("slow", SLOW, way === "to PgBouncer" ? pgbouncer : postgres);
  // A test may have left one that goes another way to PostgreSQL.
  const left = recordsIn(folder).find(({ name }) => name === "pgbouncer");
  if (left !== undefined) await endPart(folder, left);
  const behind = way === "from PgBouncer to PostgreSQL";
  const losing = makeLosing(behind ? pgbouncer : SLOW);
  const deployment = await Deployment.up({
    env: LEASE,
    adapt: (part) => (part.name === "pgbouncer" && behind ? pgbouncerPart(folder, pgbouncer, SLOW) : part),
    reach: (addresses) => ({ ...addresses, pgbouncer: atPort(addresses.pgbouncer, LOSING) }),
  });
  return { toxiproxy, losing, deployment };
}
