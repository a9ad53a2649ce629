/** A database that is restarted while nobody asks anything is not noticed by those who come afterwards. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import { endPart, recordsIn } from "../../infrastructure/local/processes/parts.ts";
import { portsFrom, servicesDown, servicesUp } from "../../infrastructure/local/services.ts";
import { Client } from "../harness/http/client.ts";
import { expectReply } from "../harness/http/expect.ts";
import { textAt } from "../harness/http/json.ts";
import { basePortOf, laneFolder } from "../harness/lane.ts";
import { REPOSITORY } from "../harness/platform.ts";
import { PlatformProcess } from "../harness/processes.ts";

const FULL = process.env.TEST_SIZE === "full";
const USERS = FULL ? 1000 : 250;
const ROUNDS = FULL ? 3 : 1;
/** From the restart to the users. */
const LATER_MS = FULL ? 10_000 : 2000;
const FOLDER = resolve(REPOSITORY, ".tools", laneFolder("services-idle"));
const STEPS = [{ name: "greet", type: "transform", config: { value: "Hello" } }];

setDefaultTimeout(FULL ? 300_000 : 120_000);

test(`${USERS} users at once after a restart of PostgreSQL behind PgBouncer: each request is answered 200`, async () => {
  const { postgres, pgbouncer } = portsFrom(basePortOf("services-idle"));
  const settings = { folder: FOLDER, ports: { postgres, pgbouncer } };
  const addresses = await servicesUp(["postgres", "pgbouncer"], settings);
  const processes: PlatformProcess[] = [];
  try {
    const env = { DATABASE_URL: addresses.pgbouncer, MIGRATE_DATABASE_URL: addresses.postgres };
    for (const role of ["api", "api", "worker"] as const) processes.push(await PlatformProcess.start(role, env));
    const clients = processes.filter(({ url }) => url !== "").map(({ url }) => new Client(url));
    const created = await clients[0]?.post("/api/v1/workflows", { id: "idle", name: "idle", steps: STEPS });
    expect(created?.status).toBe(200);
    for (let round = 0; round < ROUNDS; round++) {
      const before = recordsIn(FOLDER).find(({ name }) => name === "postgres");
      if (before === undefined) throw new Error("PostgreSQL was not started");
      await endPart(FOLDER, before);
      // So long that whoever looks after its connections finds nobody there.
      await Bun.sleep(1000);
      await servicesUp(["postgres", "pgbouncer"], settings);
      await Bun.sleep(LATER_MS);
      await Promise.all(Array.from({ length: USERS }, (_, user) => play(clients[user % clients.length])));
    }
  } finally {
    await Promise.all(processes.map((one) => one.end("SIGKILL")));
    await servicesDown({ folder: FOLDER });
  }
});

/** What one user asks, each of which goes to the database. */
async function play(api: Client | undefined): Promise<void> {
  if (api === undefined) throw new Error("there is no API");
  const triggered = await api.post("/api/v1/trigger", { workflow_id: "idle", payload: {} });
  expectReply(triggered, 200);
  expectReply(await api.get(`/api/v1/runs/${textAt(triggered.body, "run_id")}`), 200);
  expectReply(await api.get("/api/v1/runs?limit=2"), 200);
  expectReply(await api.get("/api/v1/workflows/idle"), 200);
}
