/** One file adds a step type. Always on a platform of its own: another deployment has no such file. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectFaults, expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { PlatformCopy } from "./harness/platform-copy.ts";

const REPEAT = `
  import { Type } from "@sinclair/typebox";
  import { defineConnector } from "./index.ts";

  export default defineConnector({
    type: "repeat",
    kind: "pure",
    description: "Repeats a text.",
    config: Type.Object({ text: Type.String(), times: Type.Integer({ minimum: 1, maximum: 9 }) }, { additionalProperties: false }),
    run: ({ text, times }) => ({ type: "repeat", text: text.repeat(times) }),
  });
`;

let copy: PlatformCopy;
let platform: Platform;
let api: Client;

beforeAll(async () => {
  copy = new PlatformCopy({ repeat: REPEAT });
  platform = await Platform.start({ root: copy.root });
  api = new Client(platform.url);
});
afterAll(async () => {
  await platform.close();
  copy.remove();
});

const repeat = (config: object) => [{ name: "again", type: "repeat", config }];

test("the added type runs, placeholders and all", async () => {
  const workflow = await api.create(repeat({ text: "${payload.word}!", times: 3 }));
  const run = await api.untilEnded(await api.trigger(workflow, { word: "ho" }));
  expect(run.output("again")).toEqual({ type: "repeat", text: "ho!ho!ho!" });
});

test("a placeholder may stand for a field that is a number", async () => {
  const workflow = await api.create(repeat({ text: "ho", times: "${payload.n}" }));
  const run = await api.untilEnded(await api.trigger(workflow, { n: 2 }));
  expect(run.output("again")).toEqual({ type: "repeat", text: "hoho" });
});

test("its config is validated like that of the others", async () => {
  const reply = await api.post("/api/v1/workflows", { name: "a test", steps: repeat({ times: 10, colour: "red" }) });
  const below = (...path: string[]) => ["body", "steps", 0, "config", ...path];
  expectFaults(reply, [
    { loc: below("text"), type: "missing" },
    { loc: below("times"), type: "less_than_equal" },
    { loc: below("colour"), type: "extra_forbidden" },
  ]);
});

test("what a placeholder brings its config is validated too", async () => {
  const workflow = await api.create(repeat({ text: "x", times: "${payload.n}" }));
  const run = await api.untilEnded(await api.trigger(workflow, { n: 10 }));
  expect(run.status).toBe("failed");
  expect(run.error).toMatch(/times/);
});

test("an unknown type is told of it", async () => {
  const reply = await api.post("/api/v1/workflows", {
    name: "a test",
    steps: [{ name: "a", type: "none", config: {} }],
  });
  expectReply(reply, 422);
  for (const known of ["delay", "repeat", "transform", "webhook"]) {
    expect(textAt(reply.body, "detail", 0, "msg")).toContain(known);
  }
});
