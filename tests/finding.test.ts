/** Runs are found by what they are, page by page in both directions, and lists that ask for nothing of it stay as they were. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { at, listAt, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const pure = (name: string): StepInput => ({ name, type: "transform", config: { value: { big: "x".repeat(100) } } });
const LIST = "/api/v1/runs";
/** How long what is read from older to younger holds runs back. */
const SETTLED_MS = 2200;

let platform: PlatformUnderTest;
let api: Client;
/** Two workflows, and their runs by kind. */
let works: string;
let fails: string;
const runs: Record<"success" | "failed" | "running" | "parent" | "again", string[]> = {
  success: [],
  failed: [],
  running: [],
  parent: [],
  again: [],
};
let between: string;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  works = await api.create([pure("a"), { name: "b", type: "block", config: { steps: [pure("inner")] } }], {
    id: "finding_works",
  });
  const wrong = { name: "stop", type: "fail", config: { message: "Out of Paper" } };
  fails = await api.create([wrong], { id: "finding_fails", tags: ["nightly", "paper"] });
  const sleeps = await api.create([{ name: "z", type: "delay", config: { duration: 3600 } }]);
  const starts = { name: "c", type: "workflow", config: { workflow_id: works, payload: {} } };
  const parent = await api.create([starts]);
  for (let n = 0; n < 5; n++) {
    runs.success.push(await api.trigger(works, { n }));
    runs.failed.push(await api.trigger(fails, { n }));
  }
  await Bun.sleep(20);
  between = new Date().toISOString();
  await Bun.sleep(20);
  runs.running.push(await api.trigger(sleeps));
  runs.parent.push(await api.trigger(parent));
  for (const run of [...runs.success, ...runs.failed, ...runs.parent]) await api.untilEnded(run);
  await api.untilBegun(runs.running[0] ?? "", "z");
  const again = await api.post(`${LIST}/${runs.parent[0]}/retry`, {});
  runs.again.push(textAt(again.body, "run_id"));
  await api.untilEnded(runs.again[0] ?? "");
  await Bun.sleep(SETTLED_MS);
});
afterAll(() => platform.close());

interface Page {
  uuids: string[];
  next: string | null;
  previous: string | null;
  text: string;
  items: unknown[];
}

async function page(query: string): Promise<Page> {
  const reply = await api.get(`${LIST}?${query}`);
  expectReply(reply, 200);
  const items = listAt(reply.body, "items");
  const cursor = (name: string) => (at(reply.body, name) === null ? null : textAt(reply.body, name));
  const cursors = { next: cursor("next_cursor"), previous: cursor("prev_cursor") };
  return { uuids: items.map((item) => textAt(item, "uuid")), ...cursors, text: reply.text, items };
}

async function pages(query: string): Promise<string[]> {
  const uuids: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const read: Page = await page(`${query}&cursor=${encodeURIComponent(cursor)}`);
    uuids.push(...read.uuids);
    cursor = read.next;
  }
  return uuids;
}

const newest = (...uuids: string[]) => uuids.toSorted().toReversed();

describe("a filter", () => {
  const filters: { query: () => string; wanted: () => string[] }[] = [
    { query: () => `workflow=${works}&parent_run_id=${runs.parent[0]}`, wanted: () => runs.parent.map(() => "child") },
    { query: () => `workflow=${fails}`, wanted: () => newest(...runs.failed) },
    { query: () => "workflow=finding_fails&version=1", wanted: () => newest(...runs.failed) },
    { query: () => "workflow=finding_fails&version=2", wanted: () => [] },
    { query: () => "workflow=finding_fails&status=failed,cancelled", wanted: () => newest(...runs.failed) },
    { query: () => "workflow=finding_fails&status=success&status=running", wanted: () => [] },
    {
      query: () => `uuid=${runs.failed.slice(0, 2).join()}&uuid=${works}`,
      wanted: () => newest(...runs.failed.slice(0, 2)),
    },
    { query: () => `uuid=${runs.failed[0]?.toUpperCase()}&status=success`, wanted: () => [] },
    { query: () => `retry_of=${runs.parent[0]}`, wanted: () => runs.again },
    { query: () => "workflow=finding_fails&tag=paper", wanted: () => newest(...runs.failed) },
    { query: () => "workflow=finding_fails&tag=pap", wanted: () => [] },
    { query: () => "workflow=finding_fails&error=out%20of%20paper", wanted: () => newest(...runs.failed) },
    { query: () => "workflow=finding_fails&error=out%20of%20ink", wanted: () => [] },
    { query: () => `workflow=finding_fails&created_from=${between}`, wanted: () => [] },
    { query: () => `workflow=finding_fails&created_to=${between}&order=asc`, wanted: () => runs.failed.toSorted() },
  ];
  for (const { query, wanted } of filters) {
    test(String(query).slice(6), async () => {
      for (const view of ["full", "summary"]) {
        const found = await pages(`${query()}&view=${view}&limit=2`);
        if (wanted()[0] === "child") expect(found.length).toBe(1);
        else expect(found).toEqual(wanted());
      }
    });
  }

  test("of the time that a run shows includes it, however its zone is written", async () => {
    const created = textAt((await api.get(`${LIST}/${runs.failed[2]}`)).body, "created_at");
    expect(created).toEndWith("+00:00");
    const shifted = new Date(Date.parse(created) + 7_200_000).toISOString().replace("Z", "%2B02:00");
    for (const time of [created, encodeURIComponent(created), shifted]) {
      const from = await pages(`workflow=finding_fails&created_from=${time}`);
      const to = await pages(`workflow=finding_fails&created_to=${time}`);
      expect(from).toContain(runs.failed[2] ?? "");
      expect(newest(...from, ...to)).toEqual(newest(...runs.failed));
    }
  });

  test("of the root finds the run's family, and shows whose it is", async () => {
    const { items } = await page(`root_run_id=${runs.parent[0]}&view=summary`);
    expect(items).toMatchObject([{ parent_run_id: runs.parent[0], root_run_id: runs.parent[0], status: "success" }]);
  });

  test("by the id of a workflow that is not there is a 404, by its uuid finds what is left of it", async () => {
    expectError(await api.get(`${LIST}?workflow=finding_nobody`), 404, "Workflow finding_nobody not found");
    const gone = await api.create([pure("a")]);
    const run = await api.trigger(gone);
    expectReply(await api.delete(`/api/v1/workflows/${gone}`), 200);
    expect(await pages(`workflow=${gone}`)).toEqual([run]);
  });
});

test("pages lead to one another in both directions", async () => {
  for (const order of ["desc", "asc"]) {
    const query = `workflow=finding_fails&order=${order}&limit=2&view=summary`;
    const first = await page(query);
    expect(first.previous).toBeNull();
    const second = await page(`${query}&cursor=${first.next}`);
    const third = await page(`${query}&cursor=${second.next}`);
    expect(third.next).toBeNull();
    expect([...first.uuids, ...second.uuids, ...third.uuids]).toEqual(
      order === "asc" ? runs.failed.toSorted() : newest(...runs.failed),
    );
    const back = await page(`${query}&cursor=${third.previous}`);
    expect(back.uuids).toEqual(second.uuids);
    expect((await page(`${query}&cursor=${back.previous}`)).uuids).toEqual(first.uuids);
    expect((await page(`${query}&cursor=${back.next}`)).uuids).toEqual(third.uuids);
  }
});

describe("a summary", () => {
  test("has no payload and no results, and is small", async () => {
    const { items, text } = await page("view=summary&limit=200");
    for (const item of items) expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThanOrEqual(640);
    expect(text).not.toContain("payload");
    expect(text).not.toContain("xxxx");
    const failed = items.find((item) => at(item, "uuid") === runs.failed[0]);
    expect(failed).toMatchObject({
      workflow: { uuid: fails, id: "finding_fails", name: "a test" },
      ...{ workflow_version: 1, status: "failed", error: expect.stringContaining("Out of Paper") },
    });
    const asleep = items.find((item) => at(item, "uuid") === runs.running[0]);
    expect(asleep).toMatchObject({ status: "running", completed_at: null, wake_at: expect.stringMatching(/\+00:00$/) });
  });

  test("says how far the run is, and at which step", async () => {
    const { items } = await page(`view=summary&limit=200&created_to=${new Date().toISOString()}`);
    const shown = (uuid: string | undefined) => items.find((item) => at(item, "uuid") === uuid);
    const step = (name: string) => ({ current: { name } });
    expect(shown(runs.success[0])).toMatchObject({ steps: { total: 2, ended: 2, failed: 0 } });
    expect(shown(runs.success[0])).not.toHaveProperty("current");
    expect(shown(runs.failed[0])).toMatchObject({ steps: { total: 1, ended: 1, failed: 1 }, ...step("stop") });
    expect(shown(runs.running[0])).toMatchObject({ steps: { total: 1, ended: 0, failed: 0 }, ...step("z") });
  });

  test("full runs of a filtered list are what a look at each shows, without nested steps", async () => {
    const { items } = await page(`workflow=${works}&view=full&created_to=${between}`);
    expect(items.length).toBe(5);
    for (const item of items) {
      const alone = objectAt((await api.get(`${LIST}/${textAt(item, "uuid")}`)).body);
      const { "b.inner": _, ...top } = objectAt(alone, "step_results");
      expect<unknown>(item).toEqual({ ...alone, step_results: top });
    }
  });
});

test("a list that asks for nothing new has the fields that it had", async () => {
  for (const query of ["", "?limit=3", "?limit=3&order=asc&cursor="]) {
    const reply = await api.get(LIST + query);
    expect(Object.keys(objectAt(reply.body))).toEqual(["items", "next_cursor", "limit"]);
    expect(listAt(reply.body, "items").every((item) => at(item, "payload") !== undefined)).toBe(true);
  }
  expect(Object.keys(objectAt((await api.get(`${LIST}?view=full`)).body))).toEqual([
    ...["items", "next_cursor", "prev_cursor", "limit", "looked_to"],
  ]);
});

test("a cursor is good for its own filters and order alone, whatever the view", async () => {
  const cursor = (await page("workflow=finding_fails&limit=2")).next ?? "";
  expect((await page(`workflow=finding_fails&limit=1&view=summary&cursor=${cursor}`)).uuids.length).toBe(1);
  const plain = textAt((await api.get(`${LIST}?limit=1`)).body, "next_cursor");
  for (const query of [
    `cursor=${cursor}`,
    `view=summary&cursor=${cursor}`,
    `workflow=finding_works&cursor=${cursor}`,
    `workflow=finding_fails&status=failed&cursor=${cursor}`,
    `workflow=finding_fails&order=asc&cursor=${cursor}`,
    `workflow=finding_fails&cursor=${cursor.slice(0, -2)}`,
    `workflow=finding_fails&cursor=${plain}`,
    `view=summary&cursor=${plain}`,
  ]) {
    const reply = await api.get(`${LIST}?${query}`);
    expectReply(reply, 422);
    expect(listAt(reply.body, "detail", 0, "loc")).toEqual(["query", "cursor"]);
  }
});

describe("is refused", () => {
  const long = "x".repeat(300);
  const wrong: [query: string, field: string, type?: string][] = [
    ["colour=red", "colour", "extra_forbidden"],
    ["Status=failed", "Status", "extra_forbidden"],
    ["status=", "status"],
    ["status=broken", "status", "enum"],
    ["status=failed,", "status", "enum"],
    ["status=failed&status=FAILED", "status", "enum"],
    ["workflow=", "workflow", "string_too_short"],
    [`workflow=${long}`, "workflow", "string_too_long"],
    ["workflow=a%00", "workflow", "value_error"],
    ["workflow=a&workflow=b", "workflow", "value_error"],
    ["version=1", "version", "value_error"],
    ["workflow=a&version=0", "version", "greater_than_equal"],
    ["workflow=a&version=x", "version", "int_parsing"],
    ["tag=", "tag", "string_too_short"],
    ["tag=%00", "tag", "value_error"],
    [`error=${long}`, "error", "string_too_long"],
    ["error=a%00b", "error", "value_error"],
    ["parent_run_id=x", "parent_run_id", "value_error"],
    ["root_run_id=", "root_run_id", "value_error"],
    ["retry_of=x", "retry_of", "value_error"],
    ["uuid=", "uuid"],
    ["uuid=x", "uuid"],
    [`uuid=${Array.from({ length: 101 }, () => "01a1fdcd-1db2-7000-8000-000000000000").join()}`, "uuid", "too_long"],
    ["created_from=2026-11-29T10:00:00", "created_from", "value_error"],
    ["created_from=2026-11-29", "created_from", "value_error"],
    ["created_from=2026-02-30T10:00:00Z", "created_from", "value_error"],
    ["created_to=2026-11-29T25:00:00Z", "created_to", "value_error"],
    ["created_to=1764410400", "created_to", "value_error"],
    ["created_to=now", "created_to", "value_error"],
    ["view=outline", "view", "enum"],
    ["view=summary&limit=0", "limit", "greater_than_equal"],
    ["view=summary&limit=1.5", "limit", "int_parsing"],
    ["view=summary&order=up", "order", "enum"],
    ["view=summary&cursor=garbage", "cursor", "value_error"],
    ["__proto__=1", "__proto__"],
    ["retry_of=x", "retry_of", "value_error"],
  ];
  for (const [query, field, type] of wrong) {
    test(query.slice(0, 60), async () => {
      const reply = await api.get(`${LIST}?${query}`);
      expectReply(reply, 422);
      const [detail] = listAt(reply.body, "detail");
      expect(listAt(detail, "loc").slice(0, 2)).toEqual(["query", field]);
      if (type !== undefined) expect(textAt(detail, "type")).toBe(type);
    });
  }

  test("nothing that is in order", async () => {
    const far = [
      "created_from=0001-01-01T00:00:00Z",
      "created_to=9999-12-31T23:59:59Z",
      "created_from=9999-12-31T00:00:00Z",
    ];
    const odd = ["error=%25", "error=_", "error='%20or%201=1", 'tag="', "tag=%F0%9F%98%80", "tag=%ff"];
    for (const query of [...far, ...odd, "status=paused", `parent_run_id=${works.toUpperCase()}`]) {
      expectReply(await api.get(`${LIST}?${query}`), 200);
    }
    expect(platform.own?.complaints() ?? []).toEqual([]);
  });
});
