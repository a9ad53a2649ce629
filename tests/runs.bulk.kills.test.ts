/** Actions upon many runs whose process is killed in the middle of it: another one goes on, and each run is acted upon once. */
import { expect, test } from "bun:test";
import { allRuns } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { newDatabase } from "./harness/under-test.ts";

const RUNS = 160;
const BULK = "/api/v1/runs/bulk";
const FAILS = [{ name: "stop", type: "fail", config: { message: "no" } }];

async function failed(api: Client): Promise<string> {
  const workflow = await api.create(FAILS);
  const triggers = Array(RUNS).fill({ workflow_id: workflow });
  expectReply(await api.post("/api/v1/trigger/batch", { triggers }), 200);
  for await (const run of allRuns(api)) await api.untilEnded(textAt(run, "uuid"), 30_000);
  return workflow;
}

/** Retries all that failed, and gives what the action says when it is over. */
async function untilDone(api: Client, bulk: string): Promise<unknown> {
  for (const deadline = Date.now() + 60_000; ; await Bun.sleep(100)) {
    const { body } = await api.get(`${BULK}/${bulk}`);
    if (textAt(body, "status") === "done") return body;
    if (Date.now() > deadline) throw new Error(`not done in time: ${JSON.stringify(body)}`);
  }
}

async function expectOnceEach(api: Client, workflow: string): Promise<void> {
  const retried: string[] = [];
  for await (const run of allRuns(api)) {
    expect(run.workflow_id).toBe(workflow);
    if (typeof run.retry_of === "string") retried.push(run.retry_of);
  }
  expect(retried).toHaveLength(RUNS);
  expect(new Set(retried).size).toBe(RUNS);
}

const request = async (api: Client, workflow: string): Promise<string> => {
  const reply = await api.post(BULK, { action: "retry", filter: { workflow, status: "failed" } });
  expectReply(reply, 202);
  return textAt(reply.body, "bulk_id");
};
const DONE = { status: "done", total: RUNS, done: RUNS, failed: 0 };

for (const failpoint of ["bulk_decided:4", "bulk_moved:4"]) {
  test(`another process goes on where one is killed at ${failpoint}`, async () => {
    const env = { DATABASE_URL: await newDatabase(), LEASE_SECONDS: "3" };
    const victim = await Platform.start({ env: { ...env, FAILPOINT: failpoint } });
    let survivor: Platform | null = null;
    try {
      const workflow = await failed(new Client(victim.url));
      const bulk = await request(new Client(victim.url), workflow);
      await victim.ended();
      // Beside it on a slow machine it would do what the victim is to die at.
      survivor = await Platform.start({ env });
      const api = new Client(survivor.url);
      expect(await untilDone(api, bulk)).toMatchObject(DONE);
      await expectOnceEach(api, workflow);
    } finally {
      await Promise.all([survivor?.close(), victim.close()]);
    }
  }, 120_000);

  test(`the same process goes on behind a kill at ${failpoint}`, async () => {
    const platform = await Platform.start({ env: { FAILPOINT: failpoint } });
    try {
      const workflow = await failed(new Client(platform.url));
      const bulk = await request(new Client(platform.url), workflow);
      await platform.ended();
      await platform.restart({ FAILPOINT: "" });
      const api = new Client(platform.url);
      const { done } = Object((await api.get(`${BULK}/${bulk}`)).body);
      expect(done).toBeLessThan(RUNS);
      expect(await untilDone(api, bulk)).toMatchObject(DONE);
      await expectOnceEach(api, workflow);
      expect(at((await api.get(`${BULK}/${bulk}`)).body, "done")).toBe(RUNS);
    } finally {
      await platform.close();
    }
  }, 120_000);
}
