/** Schedules that two processes fire, of which one is killed in the middle of it: each tick has one run. */
import { expect, test } from "bun:test";
import { allRuns } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { newDatabase } from "./harness/under-test.ts";

const SCHEDULES = 8;
const STEPS = [{ name: "a", type: "transform", config: { value: 1 } }];

for (const failpoint of ["schedules_claimed:3", "schedules_moved:3"]) {
  test(`killed at ${failpoint}`, async () => {
    const env = { DATABASE_URL: await newDatabase(), LEASE_SECONDS: "3" };
    const survivor = await Platform.start({ env });
    const victim = await Platform.start({ env: { ...env, FAILPOINT: failpoint } });
    try {
      const api = new Client(survivor.url);
      const workflow = await api.create(STEPS);
      const payload = { by: "$" + "{schedule.id}", at: "$" + "{schedule.time}" };
      for (let count = 0; count < SCHEDULES; count++) {
        const settings = { id: `s${count}`, every: 1, overlap: "allow", payload };
        expectReply(await api.post("/api/v1/schedules", { workflow_id: workflow, ...settings }), 200);
      }
      await victim.ended();
      const killedAt = Date.now();
      // Longer than a claim of schedules lasts.
      await Bun.sleep(8000);
      for (let count = 0; count < SCHEDULES; count++) {
        expectReply(await api.delete(`/api/v1/schedules/s${count}`), 200);
      }
      const ticks = new Map<string, number[]>();
      for await (const { payload: sent, uuid } of allRuns(api)) {
        expect((await api.untilEnded(String(uuid), 30_000)).status).toBe("success");
        const by = textAt(sent, "by");
        ticks.set(by, [...(ticks.get(by) ?? []), Date.parse(textAt(sent, "at"))]);
      }
      expect(ticks.size).toBe(SCHEDULES);
      for (const found of ticks.values()) {
        found.sort((one, other) => one - other);
        const [first = 0] = found;
        expect(found).toEqual(found.map((_, index) => first + index * 1000));
        // Those of the time around the kill are among them.
        expect(found.at(-1)).toBeGreaterThan(killedAt + 3000);
      }
    } finally {
      await Promise.all([survivor.close(), victim.close()]);
    }
  }, 120_000);
}
