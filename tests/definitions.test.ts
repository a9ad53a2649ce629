/** Definitions under version control: versions, changes that expect one, definitions that are applied again and again, and undelete. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, objectAt, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const says = (word: string) => [{ name: "say", type: "transform", config: { value: word } }];
const freshId = () => `definitions-${crypto.randomUUID()}`;
const pathOf = (reference: string, more = "") => `/api/v1/workflows/${reference}${more}`;

/** A PUT that expects a version. */
function put(reference: string, body: object, ifMatch?: string): Promise<Reply> {
  const headers = { "content-type": "application/json", ...(ifMatch !== undefined && { "if-match": ifMatch }) };
  return api.send("PUT", pathOf(reference), { body: JSON.stringify(body), headers });
}

const updated = (uuid: string, version: number, more: object = {}) => ({
  ...{ message: "Workflow updated successfully", workflow_id: uuid, version },
  ...more,
});

test("a PUT of what is there makes no version, whatever the order of its keys", async () => {
  const id = freshId();
  const definition = { id, name: "same", description: "d", steps: says("a"), tags: ["x"], managed_by: "git@1" };
  const uuid = await api.create(definition.steps, definition);
  const { id: _, ...reversed } = Object.fromEntries(Object.entries(definition).toReversed());
  for (const body of [definition, reversed, { ...definition, id: undefined }]) {
    expectReply(await put(id, body), 200, updated(uuid, 1, { unchanged: true }));
  }
  expectReply(await put(id, { ...definition, managed_by: "git@2" }), 200, updated(uuid, 2));
  expect((await api.get(pathOf(id))).body).toMatchObject({ managed_by: "git@2", version: 2 });
});

describe("If-Match", () => {
  test("has a PUT refused that was made of another version", async () => {
    const uuid = await api.create(says("one"));
    expectReply(await put(uuid, { name: "w", steps: says("two") }, '"1"'), 200, updated(uuid, 2));
    for (const stale of ['"1"', "1", '"3"', '"1", "3"']) {
      const refused = await put(uuid, { name: "w", steps: says("three") }, stale);
      expectError(refused, 412, "It is at version 2 by now; read it, and name that version with your change");
      expect(textAt(refused.body, "code")).toBe("version_conflict");
    }
    expectReply(await put(uuid, { name: "w", steps: says("three") }, '"1", "2"'), 200, updated(uuid, 3));
    expectReply(await put(uuid, { name: "w", steps: says("four") }, "*"), 200, updated(uuid, 4));
    expectReply(await put(uuid, { name: "w", steps: says("four") }, "4"), 200, updated(uuid, 4, { unchanged: true }));
    expectError(await put("nobody", { name: "w", steps: says("x") }, "1"), 404, "Workflow nobody not found");
  });

  test("of two with the same version one is refused", async () => {
    const uuid = await api.create(says("one"));
    const replies = await Promise.all([1, 2, 3, 4].map((n) => put(uuid, { name: `n ${n}`, steps: says("x") }, "1")));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412]);
  });

  test("that names no version is a 422", async () => {
    const uuid = await api.create(says("one"));
    for (const wrong of ["x", "", '"x"', 'W/"1"', "0", "-1", "1.5", "1,", '"1', "99999999999999999999"]) {
      expectFaults(await put(uuid, { name: "w", steps: says("two") }, wrong), [
        { loc: ["header", "if-match"], type: "value_error" },
      ]);
    }
    expect((await api.get(pathOf(uuid))).body).toMatchObject({ version: 1 });
  });
});

describe("create=true", () => {
  test("makes the workflow that is not there, once, and then changes it", async () => {
    const id = freshId();
    const apply = (word: string) => api.put(pathOf(id, "?create=true"), { name: "applied", steps: says(word) });
    const replies = await Promise.all([1, 2, 3].map(() => apply("one")));
    const uuids = new Set(replies.map(({ body }) => textAt(body, "workflow_id")));
    expect(uuids.size).toBe(1);
    expect(replies.filter(({ body }) => textAt(body, "message") === "Workflow created successfully")).toHaveLength(1);
    const [uuid = ""] = uuids;
    expectReply(await apply("one"), 200, updated(uuid, 1, { unchanged: true }));
    expectReply(await apply("two"), 200, updated(uuid, 2));
    expect((await api.get(pathOf(id))).body).toMatchObject({ uuid, id, version: 2 });
    expect((await api.untilEnded(await api.trigger(id))).output("say")).toMatchObject({ value: "two" });
  });

  test("makes none for a uuid, or under another id than it says", async () => {
    const uuid = "00000000-0000-7000-8000-000000000000";
    const body = { name: "w", steps: says("x") };
    expectError(await api.put(pathOf(uuid, "?create=true"), body), 404, `Workflow ${uuid} not found`);
    expectError(await api.put(pathOf("nobody", "?create=false"), body), 404, "Workflow nobody not found");
    const other = await api.put(pathOf(freshId(), "?create=true"), { ...body, id: "another" });
    expectFaults(other, [{ loc: ["body", "id"], type: "value_error" }]);
    const odd = await api.put(pathOf("a%2Fb", "?create=true"), body);
    expectFaults(odd, [{ loc: ["path", "workflow_id"], type: "value_error" }]);
    const long = await api.put(pathOf("x".repeat(300), "?create=true"), body);
    expectFaults(long, [{ loc: ["path", "workflow_id"], type: "string_too_long" }]);
    for (const value of ["yes", "", "1"]) {
      expectFaults(await api.put(pathOf("nobody", `?create=${value}`), body), [
        { loc: ["query", "create"], type: "enum" },
      ]);
    }
  });
});

test("in a list with view=summary there is no definition", async () => {
  const long = {
    name: "Long",
    description: "ä".repeat(300),
    steps: says("a"),
    tags: ["eu"],
    managed_by: "shop/flows 1f3c2a",
  };
  const [short, bare] = [freshId(), freshId()];
  await api.put(pathOf(short, "?create=true"), long);
  await api.put(pathOf(bare, "?create=true"), { name: "Plain", steps: says("a") });
  const list = async (view: string) => listAt((await api.get(`/api/v1/workflows?limit=2${view}`)).body, "items");
  const [plain, told] = await list("&view=summary");
  const times = { created_at: expect.any(String), updated_at: expect.any(String) };
  const uuid = expect.any(String);
  expect(told).toEqual({
    ...{ uuid, id: short, name: "Long", description: `${"ä".repeat(200)}…`, tags: ["eu"] },
    ...{ managed_by: "shop/flows 1f3c2a", version: 1, ...times },
  });
  expect(plain).toEqual({
    ...{ uuid, id: bare, name: "Plain", description: null, tags: [], managed_by: null, version: 1, ...times },
  });
  for (const view of ["", "&view=full"]) expect(objectAt((await list(view))[1]).steps).toEqual(says("a"));
  expectReply(await api.get("/api/v1/workflows?view=half"), 422);
});

test("versions are listed by page, newest first, with who keeps them", async () => {
  const id = freshId();
  const uuid = await api.create(says("1"), { id, name: "v1", managed_by: "git@1" });
  for (const n of [2, 3, 4, 5]) await put(id, { name: `v${n}`, steps: says(`${n}`) });
  const read: unknown[] = [];
  for (let cursor = ""; ; ) {
    const reply = await api.get(pathOf(id, `/versions?limit=2&cursor=${cursor}`));
    expectReply(reply, 200);
    read.push(...listAt(reply.body, "items"));
    if (at(reply.body, "next_cursor") === null) break;
    cursor = textAt(reply.body, "next_cursor");
  }
  expect(read).toEqual(
    [5, 4, 3, 2, 1].map((version) => ({
      ...{ version, name: `v${version}`, managed_by: version === 1 ? "git@1" : null },
      created_at: expect.stringMatching(/\+00:00$/),
    })),
  );
  expectError(await api.get(pathOf("nobody", "/versions")), 404, "Workflow nobody not found");
  const cursor = textAt((await api.get(pathOf(uuid, "/versions?limit=1"))).body, "next_cursor");
  const other = await api.create(says("other"));
  for (const path of [
    pathOf(other, `/versions?cursor=${cursor}`),
    pathOf(uuid, "/versions?cursor=garbage"),
    pathOf(uuid, `/versions?cursor=${Buffer.from(`versions ${uuid} 99999999999`).toString("base64url")}`),
  ]) {
    expectFaults(await api.get(path), [{ loc: ["query", "cursor"], type: "value_error" }]);
  }
  expectFaults(await api.get(pathOf(uuid, "/versions?order=asc")), [
    { loc: ["query", "order"], type: "extra_forbidden" },
  ]);
});

test("a deletion is taken back, with all versions; what was not deleted stays as it is", async () => {
  const id = freshId();
  const uuid = await api.create(says("one"), { id });
  await put(id, { name: "two", steps: says("two") });
  const restored = { message: "Workflow restored successfully", workflow_id: uuid, version: 2 };
  for (const reference of [uuid, id]) {
    expectReply(await api.delete(pathOf(uuid)), 200);
    expectError(await api.get(pathOf(id)), 404);
    expectReply(await api.send("POST", pathOf(reference, "/undelete")), 200, restored);
    expectReply(await api.send("POST", pathOf(reference, "/undelete")), 200, restored);
    expect((await api.get(pathOf(id))).body).toMatchObject({ uuid, version: 2 });
    expect((await api.get(pathOf(id, "?version=1"))).body).toMatchObject({ steps: says("one") });
    expect((await api.untilEnded(await api.trigger(id))).output("say")).toMatchObject({ value: "two" });
  }
  for (const nobody of ["nobody", "00000000-0000-7000-8000-000000000000", "%00", "a%2Fb"]) {
    // nginx refuses a path with NUL itself.
    const refused = nobody === "%00" && platform.own === null ? 400 : 404;
    expect((await api.send("POST", pathOf(nobody, "/undelete"))).status).toBe(refused);
    expect((await api.get(pathOf(nobody, "/versions"))).status).toBe(refused);
  }
  expect(platform.own?.complaints() ?? []).toEqual([]);
});

test("who keeps a definition is a text", async () => {
  for (const [managed_by, type] of [
    [5, "string_type"],
    ["", "string_too_short"],
    ["x".repeat(256), "string_too_long"],
  ] as const) {
    const reply = await api.post("/api/v1/workflows", { name: "w", steps: says("x"), managed_by });
    expectFaults(reply, [{ loc: ["body", "managed_by"], type }]);
  }
});
