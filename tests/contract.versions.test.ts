/** Definitions over time: versions, deletion, and which workflow a user's own id names. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { at, numberAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const says = (word: string) => [{ name: "say", type: "transform", config: { value: word } }];
/** What a run of `says(word)` leaves. */
const said = (word: string) => ({ type: "transform", value: word });
const freshId = () => `versions-${crypto.randomUUID()}`;

async function triggered(workflowId: string): Promise<{ output: unknown; workflow: string; version: number }> {
  const run = await api.untilEnded(await api.trigger(workflowId));
  const workflow = textAt(run.body, "workflow_id");
  return { output: run.output("say"), workflow, version: numberAt(run.body, "workflow_version") };
}

test("PUT makes a new version; the old one stays readable", async () => {
  const id = freshId();
  const uuid = await api.create(says("one"), { id, name: "first", description: "the first" });
  for (const [version, word] of [["2", "two"] as const, ["3", "three"] as const]) {
    const reply = await api.put(`/api/v1/workflows/${uuid}`, { id, name: `name ${word}`, steps: says(word) });
    const message = "Workflow updated successfully";
    expectReply(reply, 200, { message, workflow_id: uuid, version: Number(version) });
  }
  const newest = { uuid, id, name: "name three", steps: says("three"), version: 3 };
  expectReply(await api.get(`/api/v1/workflows/${uuid}`), 200, expect.objectContaining(newest));
  expectReply(await api.get(`/api/v1/workflows/${id}?version=3`), 200, expect.objectContaining(newest));
  const second = { uuid, name: "name two", steps: says("two"), version: 2 };
  expectReply(await api.get(`/api/v1/workflows/${uuid}?version=2`), 200, expect.objectContaining(second));
  const first = { uuid, id, name: "first", description: "the first", steps: says("one"), version: 1 };
  expectReply(await api.get(`/api/v1/workflows/${id}?version=1`), 200, expect.objectContaining(first));
  for (const reference of [uuid, id]) {
    const missing = await api.get(`/api/v1/workflows/${reference}?version=4`);
    expectError(missing, 404, `There is no version 4 of workflow ${reference}`);
    expect(textAt(missing.body, "code")).toBe("version_not_found");
  }
  const unknown = await api.get("/api/v1/workflows/nobody?version=4");
  expectError(unknown, 404, "Workflow nobody not found");
  expect(textAt(unknown.body, "code")).toBe("workflow_not_found");
});

test("a run keeps the version it was triggered with", async () => {
  const wait = { name: "wait", type: "delay", config: { duration: 0.4 } };
  const uuid = await api.create([wait, ...says("old")]);
  const underway = await api.trigger(uuid);
  await api.put(`/api/v1/workflows/${uuid}`, { name: "a test", steps: says("new") });
  expect(await triggered(uuid)).toEqual({ output: said("new"), workflow: uuid, version: 2 });
  const kept = await api.untilEnded(underway);
  expect(kept.output("say")).toEqual(said("old"));
  expect(kept.body.workflow_version).toBe(1);
});

test("PUTs at the same time each make a version of their own", async () => {
  const uuid = await api.create(says("zero"));
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      api.put(`/api/v1/workflows/${uuid}`, { name: `put ${n}`, steps: says(`put ${n}`) }),
    ),
  );
  const versions = new Map<number, number>();
  for (const [n, reply] of replies.entries()) {
    expectReply(reply, 200);
    versions.set(numberAt(reply.body, "version"), n);
  }
  expect([...versions.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2));
  for (const [version, n] of versions) {
    const reply = await api.get(`/api/v1/workflows/${uuid}?version=${version}`);
    expectReply(reply, 200, expect.objectContaining({ version, name: `put ${n}`, steps: says(`put ${n}`) }));
  }
});

test("a deleted workflow takes no trigger and no change; its runs stay readable", async () => {
  const uuid = await api.create(says("still here"));
  const run = await api.trigger(uuid);
  await api.untilEnded(run);
  expectReply(await api.delete(`/api/v1/workflows/${uuid}`), 200);
  const gone = `Workflow ${uuid} not found`;
  expectError(await api.post("/api/v1/trigger", { workflow_id: uuid }), 404, gone);
  expectError(await api.get(`/api/v1/workflows/${uuid}`), 404, gone);
  expectError(await api.get(`/api/v1/workflows/${uuid}?version=1`), 404, gone);
  expectError(await api.put(`/api/v1/workflows/${uuid}`, { name: "again", steps: says("again") }), 404, gone);
  expectError(await api.delete(`/api/v1/workflows/${uuid}`), 404, gone);
  const read = await api.untilEnded(run);
  expect(read.output("say")).toEqual(said("still here"));
  expect(read.body.workflow_id).toBe(uuid);
});

test("a run that is under way when its workflow is deleted goes on", async () => {
  const wait = { name: "wait", type: "delay", config: { duration: 0.3 } };
  const uuid = await api.create([wait, ...says("finished")]);
  const run = await api.trigger(uuid);
  expectReply(await api.delete(`/api/v1/workflows/${uuid}`), 200);
  expect((await api.untilEnded(run)).output("say")).toEqual(said("finished"));
});

test("a user's id names the newest workflow left with it", async () => {
  const id = freshId();
  const older = await api.create(says("older"), { id });
  await Bun.sleep(3);
  const newer = await api.create(says("newer"), { id });

  expect(at((await api.get(`/api/v1/workflows/${id}`)).body, "uuid")).toBe(newer);
  expect(await triggered(id)).toEqual({ output: said("newer"), workflow: newer, version: 1 });
  expectReply(await api.put(`/api/v1/workflows/${id}`, { id, name: "changed", steps: says("changed") }), 200, {
    message: "Workflow updated successfully",
    workflow_id: newer,
    version: 2,
  });
  expect(at((await api.get(`/api/v1/workflows/${older}`)).body, "version")).toBe(1);

  const message = "Workflow deleted successfully";
  expectReply(await api.delete(`/api/v1/workflows/${id}`), 200, { message, workflow_id: newer });
  expect(at((await api.get(`/api/v1/workflows/${id}`)).body, "uuid")).toBe(older);
  expect(await triggered(id)).toEqual({ output: said("older"), workflow: older, version: 1 });

  expectReply(await api.delete(`/api/v1/workflows/${id}`), 200, { message, workflow_id: older });
  expectError(await api.get(`/api/v1/workflows/${id}`), 404, `Workflow ${id} not found`);
  expectError(await api.post("/api/v1/trigger", { workflow_id: id }), 404, `Workflow ${id} not found`);
});

test("deleting an older workflow leaves a user's id with the newer one", async () => {
  const id = freshId();
  const older = await api.create(says("older"), { id });
  await Bun.sleep(3);
  const newer = await api.create(says("newer"), { id });
  expectReply(await api.delete(`/api/v1/workflows/${older}`), 200);
  expect(await triggered(id)).toEqual({ output: said("newer"), workflow: newer, version: 1 });
});

test("a uuid names its workflow even where another has taken it for an id", async () => {
  const uuid = await api.create(says("the real one"));
  const other = await api.create(says("the other"), { id: uuid });
  expect(at((await api.get(`/api/v1/workflows/${uuid}`)).body, "uuid")).toBe(uuid);
  expect(await triggered(uuid)).toEqual({ output: said("the real one"), workflow: uuid, version: 1 });
  expect(await triggered(other)).toEqual({ output: said("the other"), workflow: other, version: 1 });
  // Who means the deleted one must not start the other.
  expectReply(await api.delete(`/api/v1/workflows/${uuid}`), 200);
  expectError(await api.get(`/api/v1/workflows/${uuid}`), 404, `Workflow ${uuid} not found`);
  expectError(await api.post("/api/v1/trigger", { workflow_id: uuid }), 404, `Workflow ${uuid} not found`);
  expect(await triggered(other)).toEqual({ output: said("the other"), workflow: other, version: 1 });
});

test("a deleted workflow leaves the list; a changed one is in it once, as its newest version", async () => {
  const [deleted, changed] = [await api.create(says("deleted")), await api.create(says("unchanged"))];
  await api.delete(`/api/v1/workflows/${deleted}`);
  await api.put(`/api/v1/workflows/${changed}`, { name: "changed", steps: says("changed") });
  // A deployment may show a list up to 2 s old.
  await Bun.sleep(platform.own === null ? 2_100 : 0);
  const reply = await api.get("/api/v1/workflows?limit=5");
  expectReply(reply, 200);
  const items = at(reply.body, "items");
  const listed = Array.isArray(items) ? items.map((item) => [textAt(item, "uuid"), numberAt(item, "version")]) : [];
  expect(listed.filter(([uuid]) => uuid === deleted || uuid === changed)).toEqual([[changed, 2]]);
});
