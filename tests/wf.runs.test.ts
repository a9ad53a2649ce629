/** The commands of `wf` that start, show and hold runs. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "../src/client/index.ts";
import { Platform } from "./harness/platform.ts";
import { Folder, start, wf } from "./harness/wf.ts";

const GREET = {
  name: "Greet",
  steps: [
    { name: "greet", type: "transform", config: { value: "Hello ${payload.name}" } },
    { name: "skip", type: "transform", if: "false", config: { value: 1 } },
  ],
  output: { said: "${greet.value}" },
};
const WAIT = { name: "wait", steps: [{ name: "go", type: "wait", config: { signal: "go" } }], output: "${go.by}" };
const FAIL = {
  name: "fail",
  steps: [
    { name: "a", type: "transform", config: { value: 1 } },
    { name: "f", type: "fail", config: { message: "no way" } },
  ],
};

let platform: Platform;
let folder: Folder;
let client: Client;
beforeAll(async () => {
  folder = new Folder();
  platform = await Platform.start();
  client = new Client({ url: platform.url });
  await client.workflows.create({ id: "wait", ...WAIT });
});
afterAll(async () => {
  await platform.close();
  folder.remove();
});

const call = (words: string[], stdin = "") => wf(words, { url: platform.url, stdin });

/** A run that waits for its signal. */
async function waiting(): Promise<string> {
  const run = await client.trigger("wait");
  for await (const { type } of run.events()) if (type === "step.started") break;
  return run.id;
}

test("run stores the definition of a file, shows its steps as they end, and gives the output alone on stdout", async () => {
  const file = folder.write("greet.json", GREET);
  const payload = folder.write("payload.txt", '{"name": "Ada"}');
  const first = await call(["run", file, "-p", `@${payload}`]);
  expect([first.exitCode, JSON.parse(first.stdout)]).toEqual([0, { said: "Hello Ada" }]);
  expect(first.stderr).toMatch(/^stored greet as version 1\nrun [0-9a-f-]{36}\n✔ greet {2}\d+ ms\n– skip\n$/);
  const again = await call(["run", file, "-p", "-"], '{"name": "Bob"}');
  expect([again.exitCode, JSON.parse(again.stdout)]).toEqual([0, { said: "Hello Bob" }]);
  expect(again.stderr).not.toContain("stored");
  const piped = await call(["run", "-", "--json"], JSON.stringify(GREET));
  expect([piped.exitCode, piped.stderr]).toEqual([1, ""]);
  expect(JSON.parse(piped.stdout)).toMatchObject({ status: "failed", step_results: { greet: { status: "failed" } } });
});

test("a failed run ends with 1, and says what to do next", async () => {
  const { exitCode, stdout, stderr } = await call(["run", folder.write("fail.json", FAIL)]);
  expect([exitCode, stdout]).toEqual([1, ""]);
  const [, id = ""] = /^run (\S+)$/m.exec(stderr) ?? [];
  expect(stderr).toContain(`✖ failed: Step "f" failed: no way\n\`wf show ${id}\` says more; \`wf retry ${id}\``);
  const retried = await call(["retry", id, "--json"]);
  expect([retried.exitCode, JSON.parse(retried.stdout)]).toMatchObject([1, { retry_of: id, status: "failed" }]);
  expect((await call(["retry", id, "--dry-run"])).stdout).toBe("f\n");
  const dry = await call(["retry", id, "--from", "f", "--dry-run", "--json"]);
  expect(JSON.parse(dry.stdout)).toEqual({ will_run: ["f"] });
  const detached = await call(["retry", id, "--from", "a", "--detach"]);
  expect([detached.exitCode, detached.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
});

test("what is wrong in a definition is said at its line, and starts nothing", async () => {
  const text = '{\n  "name": "bad",\n  "steps": [\n    {"name": "a", "type": "nope", "config": {}}\n  ]\n}';
  const { exitCode, stdout, stderr } = await call(["run", folder.write("bad.json", text)]);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`bad.json:4:27: There is no step type "nope"`);
  const broken = await call(["run", folder.write("broken.json", '{\n  "name": }')]);
  expect([broken.exitCode, broken.stderr]).toEqual([1, expect.stringContaining("broken.json:2:11: This is no JSON")]);
});

test("the same key starts one run", async () => {
  const ids = await Promise.all([1, 2].map(() => call(["run", "wait", "--key", "once", "--detach", "--tag", "t"])));
  expect(ids.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(ids[0]?.stdout).toBe(ids[1]?.stdout ?? "");
  const listed = await call(["runs", "--tag", "t", "--json"]);
  expect(JSON.parse(listed.stdout)).toHaveLength(1);
});

test("runs are listed by status, workflow and error, and shown whole or by a step", async () => {
  const failed = await call(["runs", "--status", "failed", "--error", "NO WAY", "--since", "1h"]);
  expect(failed.stdout.split("\n")[0]).toMatch(/^RUN +STATUS +WORKFLOW +V +CREATED +TOOK +STEP +ERROR$/);
  expect(failed.stdout).toContain("no way");
  expect(failed.stdout).not.toContain("success");
  expect(failed.stdout).toMatch(/ 2\/2 f /);
  const [id = ""] = /[0-9a-f-]{36}/.exec(failed.stdout) ?? [];
  const shown = await call(["show", id]);
  expect(shown.stdout).toMatch(/^status +failed$/m);
  expect(shown.stdout).toMatch(/^workflow +fail version 1$/m);
  expect(shown.stdout).toMatch(/^f +failed .*no way$/m);
  const step = { address: "a", input: { config: { value: 1 } }, output: { value: 1 } };
  expect(JSON.parse((await call(["show", id, "a"])).stdout)).toMatchObject(step);
  expect(JSON.parse((await call(["show", id, "--json"])).stdout)).toMatchObject({ uuid: id });
  expect((await call(["retry", id, "--detach"])).exitCode).toBe(0);
  const again = ["--retry-of", id];
  for (const more of [[], ["--workflow", "fail", "--version", "1"]])
    expect(JSON.parse((await call(["runs", ...again, ...more, "--json"])).stdout).length).toBe(1);
  for (const filter of [
    [...again, "--until", "1h"],
    ["--parent", id],
    ["--root", id],
  ])
    expect((await call(["runs", ...filter])).stderr).toBe("No run fits\n");
  const none = await call(["runs", "--workflow", "wait", "--status", "failed"]);
  expect([none.exitCode, none.stdout, none.stderr]).toEqual([0, "", "No run fits\n"]);
});

test("logs tell what happened, and with -f what happens until the end", async () => {
  const id = await waiting();
  const soFar = await call(["logs", id]);
  expect(soFar.stdout.trimEnd().split("\n").length).toBe(3);
  const following = start(["logs", "-f", id, "--json"], { url: platform.url });
  expect((await call(["signal", id, "go", '{"by": "me"}'])).exitCode).toBe(0);
  const events = (await new Response(following.stdout).text()).trim().split("\n");
  expect(events.map((line): unknown => JSON.parse(line).type)).toEqual([
    ...["run.created", "run.started", "step.started", "signal.received", "step.succeeded", "run.ended"],
  ]);
  expect(await following.exited).toBe(0);
});

test("logs -f without a run follow all that fit, until Ctrl-C", async () => {
  const following = start(["logs", "-f", "--workflow", "wait"], { url: platform.url });
  let said = "";
  let id = "";
  const reading = (async () => {
    for await (const chunk of following.stdout) said += new TextDecoder().decode(chunk);
  })();
  // What was there before it listened is not told.
  while (!said.includes("running")) {
    id = await waiting();
    await Bun.sleep(500);
  }
  following.kill("SIGINT");
  expect(await following.exited).toBe(130);
  await reading;
  expect(said).toContain(id.slice(0, 8));
});

test("runs are paused, resumed and cancelled, several at once; one that is not there does not keep the others", async () => {
  const [first, second] = [await waiting(), await waiting()];
  expect((await call(["pause", first])).stdout).toBe(`${first}  paused\n`);
  expect((await call(["resume", first])).exitCode).toBe(0);
  const missing = "00000000-0000-7000-8000-000000000000";
  const cancelled = await call(["cancel", first, missing, second, "--reason", "enough"]);
  expect(cancelled.exitCode).toBe(1);
  expect(cancelled.stderr).toBe(`${missing}  Workflow run not found\n`);
  for (const id of [first, second]) {
    expect(cancelled.stdout).toContain(id);
    expect(await client.runs.handle(id).ended({ timeout: 20 })).toMatchObject({
      status: "cancelled",
      cancel_reason: "enough",
    });
  }
  const json = await call(["cancel", first, "--json"]);
  expect(JSON.parse(json.stdout)).toEqual([{ run_id: first, status: "cancelled" }]);
});

test("all runs that fit are counted, then held and ended at once; why some could not be is said", async () => {
  await client.workflows.create({ id: "many", ...WAIT });
  const runs = await Promise.all([1, 2, 3].map(() => client.trigger("many")));
  for (const run of runs) for await (const { type } of run.events()) if (type === "step.started") break;
  const which = ["--workflow", "many", "--since", "1h"];
  const dry = await call(["cancel", ...which, "--dry-run"]);
  expect([dry.exitCode, dry.stdout]).toEqual([0, "3 runs: nothing was done, a dry run\n"]);
  const unsure = await call(["cancel", ...which]);
  expect([unsure.exitCode, unsure.stderr]).toEqual([2, expect.stringContaining("Cancel 3 runs? Say --yes if so")]);
  const paused = await call(["pause", ...which, "--yes", "--json"]);
  expect(paused.exitCode).toBe(0);
  expect(JSON.parse(paused.stdout)).toMatchObject({ action: "pause", status: "done", total: 3, done: 3, errors: [] });
  const standing = () => client.runs.countBulk({ action: "cancel" }, { workflow: "many", status: "paused" });
  while ((await standing()).count < 3) await Bun.sleep(50);
  const cancelled = await call(["cancel", ...which, "-s", "paused", "-y", "--reason", "enough"]);
  expect([cancelled.exitCode, cancelled.stdout]).toEqual([0, "3 cancelled\n"]);
  for (const run of runs) expect((await run.ended({ timeout: 20 })).cancel_reason).toBe("enough");
  const none = await call(["resume", ...which]);
  expect([none.exitCode, none.stdout]).toEqual([0, "No run fits\n"]);
  // A program reads the same of it as of an action that is over.
  const told = await call(["resume", ...which, "--yes", "--json"]);
  expect([told.exitCode, JSON.parse(told.stdout)]).toEqual([
    0,
    { bulk_id: null, action: "resume", status: "done", total: 0, done: 0, failed: 0, errors: [] },
  ]);
  const failed = ["retry", ...which, "--status", "failed", "--detach"];
  expect(JSON.parse((await call([...failed, "--json"])).stdout)).toEqual({ bulk_id: null });
  const detached = await call(failed);
  expect([detached.exitCode, detached.stdout, detached.stderr]).toEqual([0, "", "No run fits\n"]);
  await client.workflows.create({ id: "others", name: "others", steps: [{ ...WAIT.steps[0], name: "other" }] });
  const tag = ["--tag", "bulk"];
  const [one, other] = await Promise.all(["many", "others"].map((id) => client.trigger(id, { tags: ["bulk"] })));
  for (const run of [one, other]) await run?.cancel();
  for (const run of [one, other]) await run?.ended({ timeout: 20 });
  const retried = await call(["retry", ...tag, "--from", "go", "--yes"]);
  expect([retried.exitCode, retried.stdout]).toEqual([1, "1 tried again, 1 could not be\n"]);
  expect(retried.stderr).toMatch(new RegExp(`^1 body.from: Input should be the address .*, as ${other?.id}\\n$`));
});

test("where none of the runs that were looked at fits, others may, and that is said", async () => {
  const counted = { count: 0, more: true, looked: 0, failed: 0, errors: [] };
  const stub = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json(counted) });
  const rare = ["cancel", "--tag", "rare", "--url", stub.url.origin];
  const dry = await call([...rare, "--dry-run"]);
  const unsure = await call(rare);
  await stub.stop(true);
  const which = "all runs that fit, none of those that were looked at first";
  expect(dry.stdout).toBe(`${which}: nothing was done, a dry run\n`);
  expect(unsure.stderr).toContain(`Cancel ${which}? Say --yes if so`);
});

test("runs are named or told by options, and not both", async () => {
  for (const [words, said] of [
    [["cancel"], "Which runs? `wf cancel RUN`"],
    [["logs"], "Which run? `wf logs RUN`"],
    [["retry"], "Which runs? `wf retry RUN`"],
    [["pause", "x", "--status", "running"], "but not both"],
    [["pause", "x", "--yes"], "--yes is for runs that"],
    [["resume", "--dry-run"], "--dry-run is for runs that"],
    [["retry", "-s", "failed", "-p", "{}"], "--payload is for one run"],
  ] as const) {
    const { exitCode, stderr } = await call([...words]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(said)]);
  }
  const never = await call(["retry", "-w", "wait", "--version", "99", "--dry-run"]);
  expect([never.exitCode, never.stderr]).toEqual([1, expect.stringContaining("no version 99")]);
});

test("Ctrl-C leaves the run and says how to follow it", async () => {
  const running = start(["run", "wait"], { url: platform.url });
  let said = "";
  let told = "";
  for await (const chunk of running.stderr) {
    said += new TextDecoder().decode(chunk);
    const [, id = ""] = /^run (\S+)$/m.exec(said) ?? [];
    if (id !== "" && told === "") {
      told = id;
      running.kill("SIGINT");
    }
  }
  expect(await running.exited).toBe(130);
  expect(said).toContain(`Run ${told} goes on; \`wf logs -f ${told}\` follows it`);
  expect((await client.runs.get(told)).status).not.toBe("cancelled");
});
