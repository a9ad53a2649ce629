/** Keys that name a prototype: requests can't use them, but what a webhook is answered with is carried as it is. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const REPLY = '{"__proto__":{"x":[{"__proto__":1}]},"constructor":"Ferrari","prototype":null,"n":1,"toString":2}';

let platform: PlatformUnderTest;
let api: Client;
let sink: Sink;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  sink = new Sink();
});
afterAll(async () => {
  await platform.close();
  await sink.close();
});

/** The text of a JSON value with its keys sorted, whatever they are called. */
function sorted(text: string): string {
  return JSON.stringify(JSON.parse(text), (_, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

describe("a reply with the keys __proto__, constructor and prototype", () => {
  test("is carried through steps, bodies, sleeps and the run that is read", async () => {
    const [asked, told] = ["/asked", "/told"];
    const from = sink.url(asked, { headers: { "content-type": "application/json" }, body: REPLY });
    const to = sink.url(told);
    const whole = "${hook.response_data}";
    const run = await api.run([
      { name: "hook", type: "webhook", config: { url: from, method: "GET" } },
      {
        name: "first",
        type: "transform",
        config: { value: { whole, list: [whole], text: `is ${whole}`, n: "${hook.response_data.n}" } },
      },
      { name: "rest", type: "delay", config: { duration: 0.1 } },
      { name: "second", type: "transform", config: { value: ["${first.value.whole}", "${first.value.list[0]}"] } },
      { name: "tell", type: "webhook", config: { url: to, method: "POST", body: { all: "${second.value}" } } },
      { name: "last", type: "transform", config: { value: "${second.value[1]}" } },
    ]);
    expect(run.status).toBe("success");
    const [reply, results] = [sorted(REPLY), sorted(run.text)];
    for (const [part, times] of [
      [`"response_data":${reply}`, 1],
      [`"whole":${reply}`, 1],
      [`"list":[${reply}]`, 1],
      [`"value":[${reply},${reply}]`, 1],
      [`"value":${reply}`, 1],
    ] as const) {
      expect({ part, times: results.split(part).length - 1 }).toEqual({ part, times });
    }
    expect(sorted(sink.at(told)[0]?.text ?? "")).toBe(`{"all":[${reply},${reply}]}`);
    const { text } = JSON.parse(run.text).step_results.first.output.value;
    expect(sorted(text.slice("is ".length))).toBe(reply);
  });
});
