/** Runs that wait for a signal are listed with what they wait for, and are gone from the list once they got it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

/** How long what is read from older to younger holds runs back. */
const SETTLED_MS = 2200;
const HOUR = 3600;

let platform: PlatformUnderTest;
let api: Client;
/** The uuid of the workflow whose runs wait, and these. */
let asks: string;
const waiting: string[] = [];
let goesOn: string;

const waits = (name: string, signal: unknown, more: Partial<StepInput> = {}): StepInput => ({
  ...{ name, type: "wait", config: { signal } },
  ...more,
});

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  const long = { name: "z", type: "delay", config: { duration: HOUR } };
  const branches = [
    { name: "x", steps: [waits("manager", ["approved", "rejected"], { timeout: HOUR })] },
    { name: "y", steps: [waits("legal", "cleared")] },
  ];
  asks = await api.create([{ name: "ask", type: "parallel", config: { branches } }], { id: "waiting_asks" });
  const answered = await api.create([waits("a", "go"), long]);
  for (let n = 0; n < 3; n++) waiting.push(await api.trigger(asks, { secret: "s".repeat(100) }));
  goesOn = await api.trigger(answered);
  const sleeps = await api.trigger(await api.create([long]));
  for (const run of waiting) await api.untilBegun(run, "ask.y.legal");
  await api.untilBegun(goesOn, "a");
  await api.untilBegun(sleeps, "z");
  await Bun.sleep(SETTLED_MS);
});
afterAll(() => platform.close());

async function list(query: string) {
  const reply = await api.get(`/api/v1/waiting?${query}`);
  expectReply(reply, 200);
  const items = listAt(reply.body, "items");
  return {
    items,
    text: reply.text,
    next: at(reply.body, "next_cursor"),
    uuids: items.map((one) => textAt(one, "uuid")),
  };
}

test("each has its steps that wait, with what ends them, and nothing that is large", async () => {
  const { items, text, uuids } = await list("workflow=waiting_asks");
  expect(uuids).toEqual(waiting);
  expect(items[0]).toMatchObject({
    workflow: { uuid: asks, id: "waiting_asks" },
    status: "running",
    waits: [
      { address: "ask.x.manager", signals: ["approved", "rejected"] },
      { address: "ask.y.legal", signals: ["cleared"] },
    ],
  });
  expect(at(items, 0, "waits", 1)).not.toHaveProperty("until");
  const [since, until] = ["since", "until"].map((name) => Date.parse(textAt(items, 0, "waits", 0, name)));
  expect((until ?? 0) - (since ?? 0)).toBe(HOUR * 1000);
  expect(text).not.toContain("secret");
});

test("its pages lead on, oldest first, and their cursors are for this list alone", async () => {
  const uuids: string[] = [];
  let cursor = "";
  for (;;) {
    const page = await list(`workflow=waiting_asks&limit=2&cursor=${cursor}`);
    uuids.push(...page.uuids);
    if (page.next === null) break;
    cursor = String(page.next);
  }
  expect(uuids).toEqual(waiting);
  for (const [query, name, type] of [
    [`cursor=${cursor}`, "cursor", "value_error"],
    ["order=desc", "order", "extra_forbidden"],
    ["limit=0", "limit", "greater_than_equal"],
  ] as const) {
    expectFaults(await api.get(`/api/v1/waiting?${query}`), [{ loc: ["query", name], type }]);
  }
  expectError(await api.get("/api/v1/waiting?workflow=nothing"), 404);
});

test("it leaves the list once its signal came, and what stands still stays in it", async () => {
  expect((await list("")).uuids).toEqual([...waiting, goesOn].toSorted());
  expectReply(await api.post(`/api/v1/runs/${goesOn}/signals/go`, {}), 200);
  await api.untilBegun(goesOn, "z");
  const [first = ""] = waiting;
  expectReply(await api.post(`/api/v1/runs/${first}/pause`, {}), 200);
  const { uuids, items } = await list("");
  expect(uuids).toEqual(waiting);
  expect(textAt(items, 0, "status")).toBe("paused");
  expectReply(await api.post(`/api/v1/runs/${first}/cancel`, {}), 200);
  await api.untilIs(first, "cancelled");
  expect((await list("")).uuids).toEqual(waiting.slice(1));
});
