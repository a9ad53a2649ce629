/** Promise of one truth: what twenty clients are told of runs and workflows has one order, whatever is killed meanwhile. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "../harness/http/client.ts";
import { unexplained } from "../linearizability/checker.ts";
import { Clients } from "../linearizability/clients.ts";
import { History } from "../linearizability/history.ts";
import { Deployment } from "./deployment/deployment.ts";
import { play } from "./deployment/folder.ts";
import { until } from "./load/waiting.ts";

const FULL = process.env.TEST_SIZE === "full";
const OPERATIONS = FULL ? 20_000 : 600;
const CLIENTS = 20;
const WORKFLOWS = FULL ? 20 : 4;
const KILLS = FULL ? 16 : 4;
const NAME = `${OPERATIONS} operations of ${CLIENTS} clients, with ${KILLS} kills, are explained by one order`;
const BETWEEN_MS = 240_000;

setDefaultTimeout(FULL ? 1_800_000 : 600_000);

test(NAME, async () => {
  await play("tests/faults/linearizable.test.ts", NAME, async ({ folder, keepsLogsOf, random }) => {
    const deployment = await Deployment.up({ env: { LEASE_SECONDS: "3" } });
    keepsLogsOf(deployment);
    try {
      const history = new History();
      const clients = new Clients(new Client(deployment.url), history, random);
      const shared = await Promise.all(Array.from({ length: WORKFLOWS }, () => clients.create()));
      let isOver = false;
      const acting = Array.from({ length: CLIENTS }, async (_, client) => {
        while (!isOver) await clients.act(client, random.pick(shared));
      });
      for (let kill = 1; kill <= KILLS; kill++) {
        const enough = (OPERATIONS * kill) / (KILLS + 1);
        await until(`${enough} operations`, BETWEEN_MS, () => history.operations.length >= enough);
        const victim = ["api-1", "worker-1", "api-2", "worker-2"][kill % 4] ?? "api-1";
        await deployment.kill(victim);
        await deployment.start(victim);
      }
      await until(`${OPERATIONS} operations`, BETWEEN_MS, () => history.operations.length >= OPERATIONS);
      isOver = true;
      await Promise.all(acting);
      writeFileSync(join(folder, "history.jsonl"), history.toString());
      const lost = history.operations.filter(({ output }) => output.code === 0).length;
      const counts = Object.entries(
        Object.groupBy(history.operations, ({ input, output }) => `${input.do} ${output.code}`),
      );
      console.log(
        `${NAME}: ${lost} without an answer; ${counts.map(([what, all]) => `${what}: ${all?.length}`).join(", ")}`,
      );
      expect(await unexplained(history.toString())).toEqual([]);
    } finally {
      await deployment.down();
    }
  });
});
