/** The commands of `wf` that check, compare, apply, export, test and type definitions. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "../src/client/index.ts";
import { Platform, REPOSITORY } from "./harness/platform.ts";
import { Folder, wf } from "./harness/wf.ts";

const step = (value: number) => ({ name: "a", type: "transform", config: { value } });
const one = { name: "one", steps: [step(1)] };
const two = { name: "two", steps: [step(2)] };

let platform: Platform;
let client: Client;
let folder: Folder;
beforeAll(async () => {
  platform = await Platform.start();
  client = new Client({ url: platform.url });
});
afterAll(() => platform.close());
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const call = (...words: string[]) => wf(words, { url: platform.url, cwd: folder.path });

test("init makes a folder whose definition is valid and whose test passes, and writes over nothing", async () => {
  expect((await call("init", "flows")).exitCode).toBe(0);
  expect(readdirSync(join(folder.path, "flows")).sort()).toEqual(["hello.json", "hello.test.json"]);
  expect((await call("validate", "flows")).exitCode).toBe(0);
  // No platform is needed.
  const tested = await wf(["test", "flows"], { cwd: folder.path });
  expect([tested.exitCode, tested.stdout]).toEqual([0, expect.stringContaining("1 passed, 0 failed")]);
  const again = await call("init", "flows");
  expect([again.exitCode, again.stderr]).toEqual([1, "wf: flows/hello.json is there already; nothing was written\n"]);
});

test("a run of a file leaves it with those who manage it", async () => {
  folder.write("kept.json", one);
  expect((await call("apply", ".", "--managed-by", "us")).exitCode).toBe(0);
  const same = await call("run", "kept.json");
  expect([same.exitCode, same.stderr.includes("stored")]).toEqual([0, false]);
  folder.write("kept.json", two);
  expect((await call("run", "kept.json")).stderr).toContain("stored kept as version 2");
  expect((await client.workflows.get("kept")).managed_by).toBe("us");
});

test("validate says every fault and warning at its place, and goes on behind a file that is broken", async () => {
  folder.write("broken.json", '{"name": "x",\n "steps": [}');
  folder.write(
    "faulty.json",
    '{"name": "x", "steps": [\n  {"name": "a", "type": "delay",\n   "config": {"duration": -1}},\n  {"name": "a", "type": "nope", "config": {}}]}',
  );
  folder.write("fine.json", one);
  const { exitCode, stdout, stderr } = await call("validate", ".");
  expect([exitCode, stdout]).toEqual([1, "✔ fine.json\n"]);
  const [first = "", second = "", third = "", ...more] = stderr.trimEnd().split("\n").sort();
  expect(first).toBe("broken.json:2:12: This is no JSON from here on");
  expect(second).toStartWith("faulty.json:3:27: Input should be greater than or equal to 0");
  expect(third).toStartWith("faulty.json:4:");
  expect(more.length).toBeGreaterThan(0);
  const json = await call("validate", "faulty.json", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject([{ path: "faulty.json", valid: false }]);
});

test("apply shows its plan, changes what differs, leaves the rest, and prunes only what it made", async () => {
  await client.workflows.create({ id: "foreign", ...two });
  folder.write("one.json", one);
  folder.write("two.json", two);
  const dry = await call("apply", ".", "--dry-run");
  expect([dry.exitCode, dry.stdout]).toEqual([
    0,
    "+ create one  one.json\n+ create two  two.json\n2 to create, 0 to change, 0 to delete, 0 as they are to be\nNothing was done: a dry run\n",
  ]);
  await expect(client.workflows.get("one")).rejects.toMatchObject({ code: "workflow_not_found" });
  expect((await call("apply", ".")).exitCode).toBe(0);
  expect((await call("diff", ".")).exitCode).toBe(0);

  folder.write("one.json", { steps: one.steps, name: one.name });
  folder.write("two.json", { ...two, description: "changed" });
  const changed = await call("apply", ".");
  expect(changed.stdout).toContain(
    "~ change two  version 1  two.json\n0 to create, 1 to change, 0 to delete, 1 as they",
  );
  expect([(await client.workflows.get("one")).version, (await client.workflows.get("two")).version]).toEqual([1, 2]);

  Bun.spawnSync(["rm", join(folder.path, "two.json")]);
  expect((await call("apply", ".")).stdout).toContain("0 to delete");
  const pruned = await call("apply", ".", "--prune", "--json");
  expect(JSON.parse(pruned.stdout)).toMatchObject({
    plan: [
      { id: "one", action: "same" },
      { id: "two", action: "delete", from_version: 2 },
    ],
  });
  await expect(client.workflows.get("two")).rejects.toMatchObject({ code: "workflow_not_found" });
  expect((await client.workflows.get("foreign")).name).toBe("two");
});

test("apply does nothing where a definition has a fault, is there twice, or is managed by others", async () => {
  folder.write("good.json", { id: "untouched", ...one });
  folder.write("bad.json", { name: "bad", steps: [{ ...step(1), type: "nope" }] });
  const faulty = await call("apply", ".");
  expect([faulty.exitCode, faulty.stdout]).toEqual([1, ""]);
  expect(faulty.stderr).toContain("Nothing was applied, since there are faults:\nbad.json:6:15: There is no step type");
  folder.write("broken.json", '{"name": "x",');
  expect((await call("apply", ".")).stderr).toMatch(/\nbroken\.json:1:.*\nbad\.json:6:15: There is no step type/);
  Bun.spawnSync(["rm", join(folder.path, "broken.json")]);
  folder.write("bad.json", { id: "untouched", ...two });
  expect((await call("apply", ".")).stderr).toContain("good.json: bad.json has the id untouched too");
  Bun.spawnSync(["rm", join(folder.path, "bad.json")]);
  await expect(client.workflows.get("untouched")).rejects.toMatchObject({ code: "workflow_not_found" });

  expect((await call("apply", ".", "--managed-by", "somebody")).exitCode).toBe(0);
  folder.write("good.json", { id: "untouched", ...two });
  const foreign = await call("apply", ".");
  expect([foreign.exitCode, foreign.stderr]).toEqual([1, expect.stringContaining("untouched is managed by somebody")]);
  expect((await client.workflows.get("untouched")).version).toBe(1);
});

test("what was applied from a folder that is empty now is pruned, and not without being asked", async () => {
  folder.write("last.json", { id: "last", ...one });
  expect((await call("apply", ".")).exitCode).toBe(0);
  Bun.spawnSync(["rm", join(folder.path, "last.json")]);
  const refused = await call("apply", ".");
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("There is no definition in .")]);
  expect((await call("apply", ".", "--prune")).exitCode).toBe(0);
  await expect(client.workflows.get("last")).rejects.toMatchObject({ code: "workflow_not_found" });
});

test("what apply makes is named for its repository and folder, without the password of its address", async () => {
  const flows = join(folder.path, "flows");
  mkdirSync(flows);
  const git = (...words: string[]) => Bun.spawnSync(["git", "-C", folder.path, ...words]).exitCode;
  expect([git("init", "-q"), git("remote", "add", "origin", "https://ada:secret@git.example/shop/flows.git")]).toEqual([
    0, 0,
  ]);
  folder.write("flows/owned.json", one);
  expect((await call("apply", "flows")).exitCode).toBe(0);
  expect((await client.workflows.get("owned")).managed_by).toBe("https://git.example/shop/flows.git flows");
});

test("diff shows what differs, whatever the order of keys, and ends with 4", async () => {
  await client.workflows.create({ id: "compared", name: "compared", steps: [step(1), { ...step(2), name: "b" }] });
  folder.write("compared.json", { steps: [step(1), { ...step(3), name: "b" }], name: "compared" });
  const { exitCode, stdout } = await call("diff", "compared.json");
  expect(exitCode).toBe(4);
  expect(stdout).toContain("--- compared on the platform\n+++ compared.json\n");
  expect(stdout.split("\n").filter((line) => /^[-+] /.test(line))).toEqual([
    '-        "value": 2',
    '+        "value": 3',
  ]);
  expect((await call("diff", folder.write("new.json", one))).exitCode).toBe(4);
});

test("export writes what can be applied again", async () => {
  await client.workflows.create({ id: "exported", ...two, description: "x", managed_by: "me" });
  const { stdout } = await call("export", "exported");
  expect(JSON.parse(stdout)).toEqual({ id: "exported", description: "x", ...two });
  await client.workflows.create({ ...two, output: 1, id: "whole", input: { type: "object" }, tags: ["t"] });
  const whole: object = JSON.parse((await call("export", "whole")).stdout);
  expect(Object.keys(whole)).toEqual(["id", "name", "input", "tags", "steps", "output"]);
  expect((await call("export", "--to", "out", "exported")).stdout).toBe("wrote out/exported.json\n");
  expect((await call("diff", "out/exported.json")).exitCode).toBe(0);
  const again = await call("export", "--to", "out");
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining("--force writes over")]);
  expect((await call("export", "--to", "out", "--force")).exitCode).toBe(0);
  expect(readFileSync(join(folder.path, "out/exported.json"), "utf8")).toBe(stdout);
});

test("test runs the examples, and says where a run is not as expected", async () => {
  const examples = await wf(["test", "examples"]);
  expect([examples.exitCode, examples.stdout]).toEqual([0, expect.stringMatching(/\d\d passed, 0 failed\n$/)]);
  folder.write("one.json", one);
  folder.write("one.test.json", {
    expected: { status: "failed", step_results: { a: { output: { value: 1 } }, b: { status: "success" } } },
  });
  folder.write("lost.test.json", { expected: {} });
  const { exitCode, stdout } = await wf(["test"], { cwd: folder.path });
  expect(exitCode).toBe(1);
  for (const line of [
    'status: expected "failed", found "success"',
    'step_results.b: expected {"status":"success"}, found nothing',
    "There is no lost.json that it tests",
    "0 passed, 2 failed",
  ]) {
    expect(stdout).toContain(line);
  }
  folder.write("one.json", { ...one, steps: [{ ...step(1), type: "nope" }] });
  const faulty = await wf(["test", "one.test.json"], { cwd: folder.path });
  expect([faulty.exitCode, faulty.stdout]).toEqual([
    1,
    expect.stringContaining("one.json:6:15: There is no step type"),
  ]);
});

test("types are those of the payloads that the platform takes", async () => {
  const input = {
    type: "object",
    required: ["id", "kind"],
    properties: {
      id: { type: "integer", description: "Of the order */" },
      kind: { enum: ["a", "b", 3, null] },
      note: { type: ["string", "null"], default: "none" },
      lines: { type: "array", items: { $ref: "#/$defs/line" } },
      pair: { prefixItems: [{ type: "string" }, { type: "number" }], items: false },
      "odd key": { anyOf: [{ const: true }, { type: "object", additionalProperties: { type: "number" } }] },
    },
    additionalProperties: false,
    $defs: {
      line: { type: "object", required: ["sku"], properties: { sku: { type: "string" } }, additionalProperties: false },
    },
  };
  folder.write("my-order.json", { ...one, input });
  folder.write("plain.json", two);
  const { exitCode, stdout } = await call("types", ".");
  expect(exitCode).toBe(0);
  folder.write("payloads.ts", stdout);
  folder.write(
    "use.ts",
    `import type { MyOrderPayload, Payloads } from "./payloads.ts";
    export const good: MyOrderPayload[] = [
      { id: 1, kind: "a" },
      { id: 1, kind: null, note: null, lines: [{ sku: "x" }], pair: ["x", 1], "odd key": { n: 1 } },
    ];
    export const plain: Payloads["plain"] = { any: [1] };
    // @ts-expect-error
    export const noKind: Payloads["my-order"] = { id: 1 };
    // @ts-expect-error
    export const wrongKind: MyOrderPayload = { id: 1, kind: "c" };
    // @ts-expect-error
    export const wrongLine: MyOrderPayload = { id: 1, kind: "a", lines: [{}] };
    // @ts-expect-error
    export const more: MyOrderPayload = { id: 1, kind: "a", more: 1 };`,
  );
  const words = ["--noEmit", "--strict", "--allowImportingTsExtensions", "--ignoreConfig", "payloads.ts", "use.ts"];
  const tsc = Bun.spawnSync([join(REPOSITORY, "node_modules/.bin/tsc"), ...words], { cwd: folder.path });
  expect([tsc.stdout.toString(), tsc.exitCode]).toEqual(["", 0]);
});
