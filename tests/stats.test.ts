/** Numbers of runs over the last time. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, listAt, numberAt, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

/** How old numbers may be. */
const FRESH_MS = 2200;
const LATEST_MS = 20_000;

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const stats = async (query = "") => {
  const reply = await api.get(`/api/v1/stats${query}`);
  expectReply(reply, 200);
  return objectAt(reply.body);
};

/** Other processes than the one that is asked write within ten seconds how long runs took. */
async function untilTaken(workflow: string, count: number): Promise<void> {
  for (const latest = Date.now() + LATEST_MS; ; await Bun.sleep(200)) {
    const found = listAt(await stats("?window=7d"), "workflows").find((one) => at(one, "uuid") === workflow);
    const took = found === undefined ? null : at(found, "took");
    if (took !== null && numberAt(took, "count") === count) return;
    if (Date.now() > latest) throw new Error(`Not told how long ${count} runs took`);
  }
}

test("each window counts the runs that were made and that ended, in all, by part and by workflow", async () => {
  const works = await api.create([{ name: "a", type: "transform", config: { value: 1 } }], { id: "stats_works" });
  const fails = await api.create([{ name: "a", type: "fail", config: { message: "no" } }], { name: "it fails" });
  const sleeps = await api.create([{ name: "a", type: "delay", config: { duration: 3600 } }]);
  const before = await stats("?window=1h");
  for (let n = 0; n < 3; n++) await api.untilEnded(await api.trigger(works));
  for (let n = 0; n < 2; n++) await api.untilEnded(await api.trigger(fails));
  await api.trigger(sleeps);
  await untilTaken(works, 3);
  await Bun.sleep(FRESH_MS);
  for (const [window, seconds, count] of [
    ["15m", 60, 15],
    ["1h", 60, 60],
    ["24h", 3600, 24],
    ["7d", 3600, 168],
  ] as const) {
    const found = await stats(`?window=${window}`);
    expect(found).toMatchObject({ window, part_seconds: seconds });
    const parts = listAt(found, "parts");
    expect(parts).toHaveLength(count);
    expect(at(parts[0], "at")).toBe(textAt(found, "from"));
    const times = parts.map((part) => Date.parse(textAt(part, "at")));
    expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === seconds * 1000)).toBe(true);
    expect(Date.parse(textAt(found, "to")) - (times.at(-1) ?? 0)).toBeWithin(0, seconds * 1000);
    for (const [status, more] of [
      ["created", 6],
      ["success", 3],
      ["failed", 2],
      ["cancelled", 0],
    ] as const) {
      expect(parts.reduce((sum: number, part) => sum + numberAt(part, status), 0)).toBe(
        numberAt(found, "total", status),
      );
      expect(numberAt(found, "total", status) - numberAt(before, "total", status)).toBe(more);
    }
    const [p50, p95] = ["p50_seconds", "p95_seconds"].map((name) => numberAt(found, "total", "took", name));
    expect(p95).toBeGreaterThanOrEqual(p50 ?? Number.NaN);
    const workflows = listAt(found, "workflows").map((one) => objectAt(one));
    expect(workflows.find(({ uuid }) => uuid === fails)).toEqual({
      ...{ uuid: fails, id: null, name: "it fails", created: 2, success: 0, failed: 2, cancelled: 0 },
      took: { count: 2, p50_seconds: expect.any(Number), p95_seconds: expect.any(Number) },
      failed_in_parts: expect.any(Array),
    });
    const failed = listAt(
      workflows.find(({ uuid }) => uuid === fails),
      "failed_in_parts",
    ).map(Number);
    expect(failed).toHaveLength(count);
    expect(failed.reduce((sum, one) => sum + one, 0)).toBe(2);
    // They failed just now.
    expect(failed.findIndex((one) => one > 0)).toBeGreaterThanOrEqual(count - 2);
    expect(workflows.find(({ uuid }) => uuid === sleeps)).toMatchObject({ took: null });
    expect(workflows.find(({ uuid }) => uuid === works)).not.toHaveProperty("failed_in_parts");
    expect(workflows.find(({ uuid }) => uuid === works)).toMatchObject({ id: "stats_works", created: 3, success: 3 });
    expect(workflows.find(({ uuid }) => uuid === sleeps)).toMatchObject({ created: 1, success: 0 });
    expect(workflows.findIndex(({ uuid }) => uuid === fails)).toBeLessThan(
      workflows.findIndex(({ uuid }) => uuid === works),
    );
  }
});

test("without a window it is an hour, and any other is refused", async () => {
  expect(at(await stats(), "window")).toBe("1h");
  for (const [query, field] of [
    ["window=2h", "window"],
    ["window=", "window"],
    ["window=1H", "window"],
    ["colour=red", "colour"],
  ] as const) {
    const reply = await api.get(`/api/v1/stats?${query}`);
    expectReply(reply, 422);
    expect(listAt(reply.body, "detail", 0, "loc")).toEqual(["query", field]);
  }
});
