/** A workflow that limits its runs, in a platform that is killed: none is lost, and none begins beside another. */
import { expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

const RUNS = 12;
const KILLS = 3;

test(`${RUNS} runs that take turns, through ${KILLS} kills`, async () => {
  const platform = await Platform.start();
  try {
    const api = new Client(platform.url);
    const steps = [{ name: "w", type: "delay", config: { duration: 0.1 } }];
    const workflow = await api.create(steps, { concurrency: { limit: 1 } });
    const runs: string[] = [];
    for (let count = 0; count < RUNS; count++) runs.push(await api.trigger(workflow));
    for (let kill = 1; kill <= KILLS; kill++) {
      // Some are over by then, one is under way, and the rest wait.
      await new Client(platform.url).untilEnded(runs[3 * kill - 1] ?? "", 30_000);
      await platform.restart();
    }
    const after = new Client(platform.url);
    let endedBefore = 0;
    for (const run of runs) {
      const { status, body } = await after.untilEnded(run, 30_000);
      expect(status).toBe("success");
      expect(Date.parse(textAt(body, "started_at"))).toBeGreaterThanOrEqual(endedBefore);
      endedBefore = Date.parse(textAt(body, "completed_at"));
    }
  } finally {
    await platform.close();
  }
}, 120_000);
