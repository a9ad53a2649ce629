/** Bodies made to cost time, memory or a large answer: each is answered once, small, and changes nothing. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expectFaultsBelow, Ground, workflowText } from "./harness/http/bad-input.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { listAt } from "./harness/http/json.ts";
import { rawRequest } from "./harness/http/raw-http.ts";

const MIB = 1_048_576;
const MAX_ANSWER = 16 * 1024;

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

const KEY = "k".repeat(1_000_000);
const fill = (piece: string, bytes = MIB - 1_000) => piece.repeat(Math.floor(bytes / piece.length));
const listOf = (item: string, bytes = MIB - 1_000) => `[${fill(`${item},`, bytes - item.length)}${item}]`;
const webhookText = (config: string) => `{"name":"x","steps":[{"name":"a","type":"webhook","config":${config}}]}`;
const deep = (inside: string, levels: number) => `${"[".repeat(levels)}${inside}${"]".repeat(levels)}`;

const refused: { title: string; path: string; text: () => string }[] = [
  {
    title: "100 bad numbers below a key of 1,000,000 characters",
    path: "trigger",
    text: () => ground.triggerText(`{"${KEY}":${listOf("1e400", 600)}}`),
  },
  {
    title: "1,000 bad numbers below 60 keys of 10,000 characters",
    path: "trigger",
    text: () =>
      ground.triggerText(`${`{"${KEY.slice(0, 10_000)}":`.repeat(60)}${listOf("1e400", 6_000)}${"}".repeat(60)}`),
  },
  {
    title: "bad numbers 100,000 levels deep",
    path: "trigger",
    text: () => ground.triggerText(deep(listOf("1e400", 800_000), 100_000)),
  },
  {
    title: "a forbidden key after 1 MB of white space",
    path: "trigger",
    text: () => ground.triggerText(`{"__proto__"${fill(" ", 900_000)}:1}`),
  },
  { title: "1 MB of opening brackets", path: "workflows", text: () => fill("[") },
  { title: "1 MB of opening braces", path: "workflows", text: () => fill('{"":') },
  { title: "1 MB of open quotes and escapes", path: "workflows", text: () => `"${fill('\\"')}` },
  { title: "1 MB of digits", path: "trigger", text: () => ground.triggerText(fill("9")) },
  { title: "1 MB of a number that is none", path: "trigger", text: () => `${fill("1.")}` },
  { title: "1 MB of numbers with exponents", path: "trigger", text: () => ground.triggerText(listOf("1e999999999")) },
  {
    title: "unknown fields by the hundred thousand",
    path: "workflows",
    text: () =>
      `{${fill('"a":1,')
        .replaceAll('"a"', () => `"${Math.random()}"`)
        .slice(0, 900_000)
        .replace(/,[^,]*$/, "")}}`,
  },
  {
    title: "a step type of 1 MB",
    path: "workflows",
    text: () => workflowText("1").replace("transform", fill("\\u0001", 900_000)),
  },
  {
    title: "a step's name of 1 MB, twice",
    path: "workflows",
    text: () =>
      `{"name":"x","steps":${listOf(`{"name":"${fill("n", 500_000)}","type":"delay","config":{"duration":1}}`, 1_000_100)}}`,
  },
  {
    title: "placeholders that are none, 1 MB of them",
    path: "workflows",
    text: () => workflowText(`"${fill("${a.__proto__}")}"`),
  },
  { title: "1 MB of quoted keys without an end", path: "workflows", text: () => workflowText(`"${fill('${a[\\"}')}"`) },
  { title: "a placeholder of 1 MB", path: "workflows", text: () => workflowText(`"\${x${fill("1.00.01.02.")}}"`) },
  {
    title: "a url of 1 MB of placeholder beginnings",
    path: "workflows",
    text: () => webhookText(`{"url":"http://${fill("${")}","method":"GET"}`),
  },
  {
    title: "headers by the hundred thousand",
    path: "workflows",
    text: () =>
      webhookText(
        `{"url":"http://a.example/","method":"GET","headers":{${Array.from({ length: 80_000 }, (_, n) => `"x ${n}":1`).join(",")}}}`,
      ),
  },
  {
    title: "a header of 1 MB",
    path: "workflows",
    text: () =>
      webhookText(
        `{"url":"http://a.example/","method":"GET","headers":{"${fill(" ", 500_000)}":"${fill("\\u0001", 400_000)}"}}`,
      ),
  },
  {
    title: "accept of a hundred thousand",
    path: "workflows",
    text: () => webhookText(`{"url":"http://a.example/","method":"GET","accept":${listOf('"x"', 900_000)}}`),
  },
  { title: "a workflow id of 1 MB", path: "trigger", text: () => `{"workflow_id":"${fill("x")}"}` },
];

/** Far below what a quadratic pattern or loop needs for 1 MB (hours), far above what a busy machine needs for one pass. */
const PATIENCE_MS = 10_000;

describe("refused, with an answer of at most 16 KiB", () => {
  for (const { title, path, text } of refused) {
    test(title, async () => {
      const body = text();
      expect(body.length).toBeLessThanOrEqual(MIB);
      const request = ground.api.sendText("POST", `/api/v1/${path}`, body);
      const asked = performance.now();
      await ground.refuses(request, (reply) => {
        expect(performance.now() - asked).toBeLessThan(PATIENCE_MS);
        expectFaultsBelow(reply, "body");
        expect(Buffer.byteLength(reply.text)).toBeLessThanOrEqual(MAX_ANSWER);
      });
    });
  }

  test("how many faults are left out is said last", async () => {
    const text = ground.triggerText(`{"a":${listOf('"\\u0000"', 10_000)}}`);
    await ground.refuses(ground.api.sendText("POST", "/api/v1/trigger", text), (reply) => {
      const faults = listAt(reply.body, "detail");
      expect(faults.at(-1)).toEqual({
        loc: ["body"],
        msg: expect.stringMatching(/^At least \d+ more faults are not shown$|^There may be more faults$/),
        type: "faults_not_shown",
      });
    });
  });

  test("an unknown id of 10,000 characters", async () => {
    const path = `/api/v1/workflows/${"%01".repeat(3_333)}`;
    await ground.refuses(ground.api.get(path), (reply) => {
      expectError(reply, 404);
      expect(Buffer.byteLength(reply.text)).toBeLessThan(MAX_ANSWER);
    });
  });

  test("queries and headers of 1 MB", async () => {
    for (const head of [
      [`GET /api/v1/runs?cursor=${fill("x")} HTTP/1.1`],
      [`GET /api/v1/runs?${fill("limit=1&")} HTTP/1.1`],
      ["GET /api/v1/runs HTTP/1.1", `X-Request-Id: ${fill("x")}`],
      ["GET /api/v1/runs HTTP/1.1", ...Array.from({ length: 50_000 }, (_, n) => `X-${n}: 1`)],
    ]) {
      const reply = await rawRequest(ground.api.url, head, []);
      expect([400, 413, 414, 431]).toContain(reply.status);
      expect(Buffer.byteLength(reply.text)).toBeLessThan(MAX_ANSWER);
    }
  });
});

const accepted: { title: string; path: string; text: () => string }[] = [
  {
    title: "a hundred thousand empty strings",
    path: "trigger",
    text: () => ground.triggerText(`{"a":${listOf('""', 300_000)}}`),
  },
  {
    title: "one key a hundred thousand times",
    path: "trigger",
    text: () => ground.triggerText(`{${fill('"a":1,', 900_000)}"a":2}`),
  },
  { title: "a key of 1,000,000 characters", path: "trigger", text: () => ground.triggerText(`{"${KEY}":1}`) },
  {
    title: "a number of 1,000,000 digits behind the point",
    path: "trigger",
    text: () => ground.triggerText(`{"a":0.${fill("3", 1_000_000)}}`),
  },
  { title: "1 MB of placeholder beginnings", path: "workflows", text: () => workflowText(`"${fill("${")}"`) },
  {
    title: "1 MB of quoted keys behind a beginning",
    path: "workflows",
    text: () => workflowText(`"\${a${fill('[\\"a')}"`),
  },
];

describe("taken, and in time", () => {
  for (const { title, path, text } of accepted) {
    test(title, async () => {
      const asked = performance.now();
      expectReply(await ground.api.sendText("POST", `/api/v1/${path}`, text()), 200);
      expect(performance.now() - asked).toBeLessThan(PATIENCE_MS);
    });
  }
});
