/** Schedules as their users see them: made, read, fired, replaced, deleted, and refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let workflow: string;

const STEPS = [{ name: "a", type: "transform", config: { value: "${payload}" } }];
const PATH = "/api/v1/schedules";
const idOf = (name: string) => `${name}-${crypto.randomUUID()}`;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  workflow = await api.create(STEPS);
});
afterAll(() => platform.close());

/** Creates a schedule that is paused unless told otherwise, and gives what is shown of it. */
async function create(fields: object): Promise<Record<string, unknown>> {
  const reply = await api.post(PATH, { workflow_id: workflow, paused: true, ...fields });
  expectReply(reply, 200);
  return objectAt(reply.body);
}

/** The payloads of the workflow's runs, oldest first. */
async function payloads(of: string): Promise<unknown[]> {
  const { body } = await api.get("/api/v1/runs?limit=200");
  const runs = listAt(body, "items").filter((run) => at(run, "workflow_id") === of);
  return runs.map((run) => at(run, "payload")).toReversed();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(50);
}

test("a schedule is shown as it was made, with its defaults and its next five ticks", async () => {
  const id = idOf("nightly");
  const settings = { cron: "30 2 * * *", timezone: "Europe/Berlin", payload: { n: 1 } };
  const shown = await create({ id, ...settings, paused: false, starts_at: "2030-03-30T00:00:00Z" });
  expect(shown).toEqual({
    id,
    workflow_id: workflow,
    ...settings,
    starts_at: "2030-03-30T00:00:00Z",
    overlap: "skip",
    catch_up: 1,
    paused: false,
    next_runs: [
      "2030-03-30T01:30:00.000+00:00",
      "2030-03-31T01:00:00.000+00:00",
      "2030-04-01T00:30:00.000+00:00",
      "2030-04-02T00:30:00.000+00:00",
      "2030-04-03T00:30:00.000+00:00",
    ],
    last_run_id: null,
    last_skipped: null,
    backfill: null,
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
  expectReply(await api.get(`${PATH}/${id}`), 200, shown);
  expectError(await api.post(PATH, { id, workflow_id: workflow, every: 60 }), 409);
});

test("one that ticks starts runs with the time of the tick and its id", async () => {
  const own = await api.create(STEPS);
  const payload = { at: "$" + "{schedule.time}", by: "schedule $" + "{schedule.id}" };
  const { id, created_at } = await create({ workflow_id: own, every: 1, payload, overlap: "allow", paused: false });
  await until(async () => (await payloads(own)).length >= 3);
  expectReply(await api.delete(`${PATH}/${id}`), 200, { message: "Schedule deleted successfully", schedule_id: id });
  expectError(await api.get(`${PATH}/${id}`), 404);
  const found = await payloads(own);
  const created = Date.parse(String(created_at));
  for (const [index, one] of found.entries()) {
    expect(Date.parse(textAt(one, "at"))).toBe(created + (index + 1) * 1000);
    expect(textAt(one, "by")).toBe(`schedule ${id}`);
  }
  // What was fired before it was gone is stored by now.
  await Bun.sleep(1500);
  expect(await payloads(own)).toHaveLength(found.length);
});

test("one that is only looked at is checked, says when it would fire, and is not stored", async () => {
  const wanted = {
    workflow_id: workflow,
    cron: "0 12 * * *",
    timezone: "Europe/Berlin",
    starts_at: "2027-03-27T00:00:00Z",
  };
  const reply = await api.post(`${PATH}/preview`, { id: "looked-at", ...wanted });
  expectReply(reply, 200);
  expect(listAt(reply.body, "next_runs").slice(0, 2)).toEqual([
    "2027-03-27T11:00:00.000+00:00",
    "2027-03-28T10:00:00.000+00:00",
  ]);
  expectError(await api.get(`${PATH}/looked-at`), 404);
  expectFaults(await api.post(`${PATH}/preview`, { ...wanted, cron: "0 12 * *" }), [
    {
      ...{ loc: ["body", "cron"], type: "value_error" },
      msg: "Should be a cron pattern of five or six fields: it has 4",
    },
  ]);
  // Its workflow may be made after it was looked at.
  expectReply(await api.post(`${PATH}/preview`, { ...wanted, workflow_id: "nobody" }), 200);
  expectError(await api.post(PATH, { ...wanted, workflow_id: "nobody" }), 404);
});

test("it is listed by page, replaced, and run at once while it is paused", async () => {
  const [one, two] = [await create({ every: 60 }), await create({ cron: "@daily" })];
  const first = (await api.get(`${PATH}?limit=1`)).body;
  expect(listAt(first, "items")).toEqual([two]);
  const second = (await api.get(`${PATH}?limit=1&cursor=${textAt(first, "next_cursor")}`)).body;
  expect(listAt(second, "items")).toEqual([one]);
  const put = await api.put(`${PATH}/${two.id}`, { workflow_id: workflow, every: "PT1H", overlap: "queue" });
  expectReply(put, 200);
  expect(put.body).toMatchObject({ id: two.id, every: "PT1H", overlap: "queue", paused: false });
  expect(objectAt(put.body).cron).toBeUndefined();
  expect(listAt(put.body, "next_runs")).toHaveLength(5);
  expectFaults(await api.put(`${PATH}/${two.id}`, { id: "other", workflow_id: workflow, every: 60 }), [
    { loc: ["body", "id"], type: "value_error" },
  ]);
  const reply = await api.post(`${PATH}/${one.id}/run`, {});
  expectReply(reply, 200, { run_id: expect.any(String), status: "triggered" });
  const run = textAt(reply.body, "run_id");
  expect((await api.untilEnded(run)).status).toBe("success");
  expect((await api.get(`${PATH}/${one.id}`)).body).toMatchObject({ last_run_id: run, next_runs: [] });
});

test("a backfill counts first, then starts a run for each tick", async () => {
  const own = await api.create(STEPS);
  const payload = { at: "$" + "{schedule.time}" };
  const { id } = await create({ workflow_id: own, cron: "0 * * * *", payload, overlap: "allow" });
  const stretch = { from: "2026-01-01T00:00:00Z", to: "2026-01-01T03:00:00Z" };
  const ticks = [0, 1, 2].map((hour) => `2026-01-01T0${hour}:00:00.000+00:00`);
  const counted = { count: 3, first: ticks[0], last: ticks[2] };
  expectReply(await api.post(`${PATH}/${id}/backfill`, { ...stretch, dry_run: true }), 200, counted);
  expect(await payloads(own)).toEqual([]);
  expectReply(await api.post(`${PATH}/${id}/backfill`, stretch), 200, counted);
  await until(async () => (await payloads(own)).length >= 3);
  expect(await payloads(own)).toEqual(ticks.map((tick) => ({ at: tick })));
  expect(objectAt((await api.get(`${PATH}/${id}`)).body).backfill).toBeNull();
  const future = { ...stretch, to: "2100-01-01T00:00:00Z" };
  expectFaults(await api.post(`${PATH}/${id}/backfill`, future), [{ loc: ["body", "to"], type: "value_error" }]);
  const long = { ...stretch, from: "2020-01-01T00:00:00Z" };
  expectFaults(await api.post(`${PATH}/${id}/backfill`, long), [{ loc: ["body", "to"], type: "value_error" }]);
  expectFaults(await api.post(`${PATH}/${id}/backfill`, { from: "yesterday", to: stretch.to }), [
    { loc: ["body", "from"], type: "value_error" },
  ]);
});

describe("refused with a sentence", () => {
  const daily = { cron: "0 8 * * *" };
  const cases: [name: string, fields: object, field: string, type?: string][] = [
    ["neither cron nor every", {}, "cron", "missing"],
    ["both", { ...daily, every: 60 }, "every"],
    ["a day that never comes", { cron: "0 0 30 2 *" }, "cron"],
    ["a minute that is none", { cron: "61 * * * *" }, "cron"],
    ["seven fields", { cron: "0 0 0 1 1 * 2030" }, "cron"],
    ["words", { cron: "every day at noon" }, "cron"],
    ["a zone that is none", { ...daily, timezone: "Mars/Olympus" }, "timezone"],
    ["a time without its offset", { ...daily, starts_at: "2030-01-01T00:00:00" }, "starts_at"],
    [
      "an end before the start",
      { ...daily, starts_at: "2030-01-02T00:00:00Z", ends_at: "2030-01-01T00:00:00Z" },
      "ends_at",
    ],
    [
      "a time in which it never ticks",
      { ...daily, starts_at: "2030-01-01T08:00:01Z", ends_at: "2030-01-02T08:00:00Z" },
      "ends_at",
    ],
    ["ticks without a pause", { every: "PT0.5S" }, "every"],
    ["a placeholder that leads nowhere", { ...daily, payload: { a: ["$" + "{schedule.tick}"] } }, "payload"],
  ];
  for (const [name, fields, field, type = "value_error"] of cases) {
    test(name, async () => {
      const reply = await api.post(PATH, { workflow_id: workflow, ...fields });
      expectFaults(reply, [{ loc: ["body", field], type }]);
    });
  }

  test("a workflow and a schedule that are not there", async () => {
    expectError(await api.post(PATH, { workflow_id: "nobody", every: 60 }), 404, "Workflow nobody not found");
    for (const path of ["/nobody/run", "/nobody/backfill"]) {
      const body = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
      expectError(await api.post(PATH + path, body), 404, "Schedule nobody not found");
    }
    expectError(await api.put(`${PATH}/nobody`, { workflow_id: workflow, every: 60 }), 404);
    expectError(await api.delete(`${PATH}/nobody`), 404);
  });
});
