/** The calls of src/client beside a trigger and its run: definitions, schedules, lists that are followed, steps. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type RunsEvent } from "../src/client/index.ts";
import { Platform, REPOSITORY } from "./harness/platform.ts";
import { importsOf } from "./harness/sources.ts";

const WAIT = { name: "wait", steps: [{ name: "go", type: "wait", config: { signal: "go" } }], output: "${go.by}" };
const CALC = { name: "calc", steps: [{ name: "a", type: "transform", config: { value: "${payload.n}" } }] };

let platform: Platform;
let client: Client;
beforeAll(async () => {
  platform = await Platform.start();
  client = new Client({ url: platform.url });
});
afterAll(() => platform.close());

test("a definition is made by its id, changed at the version that was read, tested, deleted and taken back", async () => {
  const definition = { id: "calc", ...CALC };
  const made = await client.workflows.replace("calc", definition, { create: true });
  expect(made.version).toBe(1);
  expect(await client.workflows.replace("calc", definition)).toMatchObject({ version: 1, unchanged: true });
  const changed = { ...definition, description: "of numbers" };
  expect(await client.workflows.replace("calc", changed, { ifVersion: 1 })).toMatchObject({ version: 2 });
  const late = client.workflows.replace("calc", definition, { ifVersion: 1 });
  await expect(late).rejects.toMatchObject({ status: 412, code: "version_conflict" });
  expect((await Array.fromAsync(client.workflows.versions("calc"))).map(({ version }) => version)).toEqual([2, 1]);
  const tested = await client.workflows.test({ workflow_id: "calc", payload: { n: 5 } });
  expect([tested.status, tested.step_results.a?.output]).toEqual(["success", { type: "transform", value: 5 }]);
  await client.workflows.delete("calc");
  await expect(client.workflows.get("calc")).rejects.toMatchObject({ code: "workflow_not_found" });
  expect(await client.workflows.undelete("calc")).toMatchObject({ version: 2 });
});

test("a schedule is made, read, replaced, run, filled back and deleted", async () => {
  const { workflow_id } = await client.workflows.create(CALC);
  const schedule = { id: "nightly", workflow_id, cron: "0 3 * * *", payload: { n: 1 } };
  expect((await client.schedules.create(schedule)).next_runs).toHaveLength(5);
  await expect(client.schedules.create(schedule)).rejects.toMatchObject({ code: "schedule_exists" });
  expect(await client.schedules.replace("nightly", { workflow_id, cron: "0 4 * * *" })).toMatchObject({
    id: "nightly",
    cron: "0 4 * * *",
  });
  expect((await Array.fromAsync(client.schedules.list())).map(({ id }) => id)).toContain("nightly");
  const run = await client.schedules.run("nightly");
  expect((await run.ended({ timeout: 20 })).status).toBe("failed");
  const days = { from: "2026-01-01T00:00:00Z", to: "2026-01-08T00:00:00Z", dry_run: true };
  expect((await client.schedules.backfill("nightly", days)).count).toBe(7);
  await client.schedules.delete("nightly");
  await expect(client.schedules.get("nightly")).rejects.toMatchObject({ code: "schedule_not_found" });
});

test("a run is paused and goes on; its steps and events are read", async () => {
  const run = await client.trigger((await client.workflows.create(WAIT)).workflow_id);
  for await (const { type } of run.events()) if (type === "step.started") break;
  expect((await run.pause()).status).toBe("paused");
  expect((await run.resume()).status).not.toBe("paused");
  await run.signal("go", { by: "me" });
  expect(await run.result({ timeout: 20 })).toBe("me");
  expect((await run.outline()).steps.map(({ address, status }) => [address, status])).toEqual([["go", "success"]]);
  expect((await Array.fromAsync(run.steps({ status: "success" }))).map(({ address }) => address)).toEqual(["go"]);
  expect(await Array.fromAsync(run.steps({ status: "failed" }))).toEqual([]);
  expect((await run.step("go")).output).toEqual({ by: "me" });
  expect([await run.outputText("go"), await run.payloadText()]).toEqual(['{"by":"me"}', "{}"]);
  const history = await Array.fromAsync(run.history());
  expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => index + 1));
  expect((await Array.fromAsync(run.history({ after: 2 })))[0]?.id).toBe(3);
  expect((await run.retry()).willRun).toEqual(["go"]);
});

test("the events of a retry tell of steps that it keeps, and of nothing that is no step", async () => {
  const steps = [...CALC.steps, { name: "f", type: "fail", config: { message: "no" } }];
  const run = await client.trigger((await client.workflows.create({ name: "f", steps })).workflow_id, {
    payload: { n: 1 },
  });
  await run.ended({ timeout: 20 });
  const events = await Array.fromAsync((await run.retry()).events());
  expect([...new Set(events.flatMap(({ address }) => address ?? []))]).toEqual(["a", "f"]);
  expect(events.filter(({ at }) => !(Date.parse(at) > 0))).toEqual([]);
});

test("a list is followed, told first to be read, until its reader has enough", async () => {
  const { workflow_id } = await client.workflows.create(CALC);
  const stop = new AbortController();
  const events: RunsEvent[] = [];
  const following = (async () => {
    for await (const event of client.runs.follow({ workflow: workflow_id }, { signal: stop.signal }))
      events.push(event);
  })();
  while (events.length === 0) await Bun.sleep(10);
  const { id } = await client.trigger(workflow_id, { payload: { n: 1 } });
  while (!events.some((event) => event.type === "run.ended")) await Bun.sleep(10);
  stop.abort(new Error("enough"));
  await expect(following).rejects.toThrow("enough");
  expect(events[0]).toEqual({ type: "resync" });
  expect(events.at(-1)).toMatchObject({ type: "run.ended", run_id: id, data: { run: { status: "success" } } });
  const [summary] = await Array.fromAsync(client.runs.summaries({ workflow: workflow_id }));
  expect(summary).toMatchObject({
    uuid: id,
    workflow: { uuid: workflow_id },
    steps: { total: 1, ended: 1, failed: 0 },
  });
  const again = await (await client.runs.handle(id).retry()).ended();
  const filters = [{ uuid: [id, workflow_id] }, { retryOf: id }, { uuid: again.uuid }];
  const found = await Promise.all(filters.map((filter) => Array.fromAsync(client.runs.summaries(filter))));
  expect(found.map((runs) => runs.map(({ uuid }) => uuid))).toEqual([[id], [again.uuid], [again.uuid]]);
});

test("all runs that fit are counted, then cancelled, once", async () => {
  const { workflow_id } = await client.workflows.create(WAIT);
  const runs = await Promise.all([1, 2, 3].map(() => client.trigger(workflow_id, { tags: ["bulk"] })));
  const filter = { workflow: workflow_id, tag: "bulk" };
  while ((await client.runs.countBulk({ action: "cancel" }, filter)).count < 3) await Bun.sleep(50);
  const begin = { idempotencyKey: "all of them" };
  const bulk = await client.runs.startBulk({ action: "cancel", reason: "enough" }, filter, begin);
  expect((await client.runs.startBulk({ action: "cancel", reason: "enough" }, filter, begin)).id).toBe(bulk.id);
  const looks = await Array.fromAsync(bulk.progress());
  expect(looks.at(-1)).toMatchObject({ status: "done", total: 3, done: 3, failed: 0, errors: [] });
  expect(await bulk.ended()).toMatchObject({ action: "cancel", reason: "enough", filter: { tag: "bulk" } });
  expect(await client.runs.bulk(bulk.id).stop()).toMatchObject({ status: "done" });
  expect((await Array.fromAsync(client.runs.bulks())).map(({ bulk_id }) => bulk_id)).toEqual([bulk.id]);
  for (const run of runs) expect((await run.ended({ timeout: 20 })).cancel_reason).toBe("enough");
});

test("a stream that falls silent is opened again", async () => {
  let streams = 0;
  const silent = new Client({
    url: platform.url,
    timeout: 0.05,
    fetch: async () => {
      streams++;
      return new Response(
        new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(": \n\n")) }),
      );
    },
  });
  let connections = 0;
  for await (const { type } of silent.runs.follow()) if (type === "resync" && ++connections === 2) break;
  expect(streams).toBe(2);
});

test("the platform says whether it is ready, its time and its numbers", async () => {
  expect(await client.limits()).toEqual((await client.system()).limits);
  expect((await client.ready()).parts).toMatchObject({ sqlite: "up" });
  expect(Math.abs(Date.now() - Number(await client.time()))).toBeLessThan(60_000);
  expect((await client.stats("15m")).window).toBe("15m");
});

test("it needs nothing of Bun, of Node, or of the server but types", async () => {
  const files = [...new Bun.Glob("src/client/*.ts").scanSync(REPOSITORY)];
  expect(files.length).toBeGreaterThan(8);
  for (const path of files) {
    const text = await Bun.file(`${REPOSITORY}/${path}`).text();
    const needed = importsOf({ path, text }).filter(
      ({ target, typeOnly }) => !typeOnly && !target.startsWith("src/client/"),
    );
    expect([path, needed]).toEqual([path, []]);
    expect([path, /\b(Bun|process|Buffer)\b\./.exec(text)?.[0] ?? null]).toEqual([path, null]);
  }
});
