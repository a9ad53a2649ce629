/** `workflow`: runs that steps of other runs start, how their ends reach these, and what ends them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const fails = (name: string): StepInput => ({ name, type: "fail", config: { code: "oops", message: "no" } });
const listens = (name: string, signal: string): StepInput => ({ name, type: "wait", config: { signal } });
const child = (name: string, workflow_id: string, config: object = {}, more: Partial<StepInput> = {}): StepInput => ({
  name,
  type: "workflow",
  config: { workflow_id, ...config },
  ...more,
});

async function run(...steps: StepInput[]): Promise<Run> {
  return api.untilEnded(await api.trigger(await api.create(steps), { n: 5 }));
}

async function childOf(uuid: unknown): Promise<Run> {
  return api.untilEnded(String(uuid));
}

/** The runs that a run has started, once there are some. */
async function untilStarted(parent: string): Promise<string[]> {
  for (let time = 0; time < 500; time++) {
    const items: { uuid: string; parent_run_id?: string }[] = JSON.parse(
      (await api.get("/api/v1/runs?limit=200")).text,
    ).items;
    const own = items.filter(({ parent_run_id }) => parent_run_id === parent);
    if (own.length > 0) return own.map(({ uuid }) => uuid);
    await Bun.sleep(20);
  }
  throw new Error(`run ${parent} has started none`);
}

/** Asks for a run until it has a status. */
async function untilIs(uuid: string, status: string): Promise<void> {
  for (let time = 0; time < 500; time++) {
    const reply = await api.get(`/api/v1/runs/${uuid}`);
    if (at(reply.body, "status") === status) return;
    await Bun.sleep(20);
  }
  throw new Error(`run ${uuid} is not ${status}`);
}

describe("a child run", () => {
  test("has a payload of its own, and its end is the end of the step", async () => {
    const workflow = await api.create([pure("a", "${payload.order}")]);
    const parent = await run(child("c", workflow, { payload: { order: "${payload.n}" } }), pure("b", "${c.status}"));
    expect(parent.output("b")).toEqual({ type: "transform", value: "success" });
    expect(parent.output("c")).toEqual({ run_id: expect.any(String), status: "success", output: null });
    const own = await childOf(at(parent.output("c"), "run_id"));
    expect(own.output("a")).toEqual({ type: "transform", value: 5 });
    expect(own.body).toMatchObject({ parent_run_id: parent.uuid, root_run_id: parent.uuid });
    expect(parent.body).not.toHaveProperty("parent_run_id");
  });

  test("that fails fails its step, with its error, and is begun again by a retry", async () => {
    const workflow = await api.create([fails("a")]);
    const parent = await run(
      child("c", workflow, {}, { retry: { on: ["child"], max_attempts: 2, initial_interval: 0.01 } }),
    );
    expect(parent.status).toBe("failed");
    const { error_details: error, attempts } = parent.step("c");
    expect(attempts).toBe(2);
    expect(error).toMatchObject({ code: "child", details: { status: "failed" } });
    expect(error).toMatchObject({ details: { error: { code: "oops", message: "no", step: "a" } } });
    expect(parent.error).toContain('Step "a" failed: no');
    const list = await api.get("/api/v1/runs?limit=200");
    const children = (JSON.parse(list.text).items as { parent_run_id?: string }[]).filter(
      ({ parent_run_id }) => parent_run_id === parent.uuid,
    );
    expect(children.length).toBe(2);
  });

  test("is what its parent is shown to wait for", async () => {
    const workflow = await api.create([listens("a", "go")], { id: "listening" });
    const parent = await api.trigger(await api.create([child("c", workflow)]));
    const { body } = await api.untilBegun(parent, "c");
    const [uuid] = await untilStarted(parent);
    const waiting = [{ address: "c", kind: "child", run_id: uuid }];
    expect(body.waiting).toEqual(waiting);
    expect((await api.get(`/api/v1/runs/${parent}?view=outline`)).body).toMatchObject({ waiting });
    expectReply(await api.post(`/api/v1/runs/${uuid}/signals/go`, 1), 200);
    expect((await api.untilEnded(parent)).body).not.toHaveProperty("waiting");
  });

  test("gives its output", async () => {
    const workflow = await api.create([pure("a", "${payload.i}")], { output: { got: "${a.value}" } });
    const parent = await run(child("c", workflow, { payload: { i: 7 } }), pure("b", "${c.output.got}"));
    expect(parent.output("b")).toEqual({ type: "transform", value: 7 });
  });

  test("that is not waited for goes on by itself", async () => {
    const workflow = await api.create([listens("a", "go")]);
    const parent = await run(child("c", workflow, { wait: false }), pure("b", "${c.run_id}"));
    const uuid = textAt(parent.output("c"), "run_id");
    expect(parent.output("c")).toEqual({ run_id: uuid });
    expectReply(await api.post(`/api/v1/runs/${uuid}/signals/go`, 1), 200);
    expect((await childOf(uuid)).status).toBe("success");
  });

  test("of a workflow or version that is not there fails its step, in time for a catch", async () => {
    const workflow = await api.create([pure("a", 1)], { id: "known" });
    const handled = (name: string, more: object) =>
      child(name, "known", more, { catch: [{ on: ["child"], steps: [pure("t", "${error.details.reason}")] }] });
    const parent = await run(
      handled("c", { workflow_id: "nothing-${payload.n}" }),
      handled("d", { version: 9 }),
      child("e", workflow, { version: 1 }),
      child("f", "known"),
    );
    expect(parent.status).toBe("success");
    const told = ["c", "d"].map((name) => at(parent.step(`${name}.$catch.t`), "output", "value"));
    expect(told).toEqual(["workflow_not_found", "version_not_found"]);
    expect(parent.step("c").error).toBe("Workflow nothing-5 not found, so that no run of it was started");
    expect(parent.step("d").error).toBe("Workflow known has no such version, so that no run of it was started");
  });

  test("is cancelled when the time of its step is over, unless it is to be left alone", async () => {
    const workflow = await api.create([listens("a", "go")]);
    const timed = (name: string, more: object) => child(name, workflow, more, { timeout: 0.3, on_error: "continue" });
    const parent = await run(timed("c", {}), timed("d", { on_cancel: "abandon" }));
    expect(parent.status).toBe("success");
    expect(at(parent.step("c"), "error_details", "code")).toBe("timeout");
    const list: { uuid: string; workflow_id: string }[] = JSON.parse(
      (await api.get("/api/v1/runs?limit=200")).text,
    ).items;
    const [second, first] = list.filter(({ workflow_id }) => workflow_id === workflow).map(({ uuid }) => uuid);
    await untilIs(first ?? "", "cancelled");
    expectReply(await api.post(`/api/v1/runs/${second}/signals/go`, 1), 200);
    expect((await childOf(second)).status).toBe("success");
  });

  test("of its own workflow ends at a depth of 16", async () => {
    const workflow = await api.create([child("c", "endless", {}, {})], { id: "endless" });
    const parent = await api.untilEnded(await api.trigger(workflow), 30_000);
    expect(parent.status).toBe("failed");
    expect(parent.error).toContain("16 runs have started one another up to here");
  });

  test("many beside one another, each waited for", async () => {
    const workflow = await api.create([pure("a", "${payload.i}")]);
    const branches = Array.from({ length: 50 }, (_, i) => ({
      name: `b${i}`,
      steps: [child("c", workflow, { payload: { i } })],
    }));
    const parent = await run({ name: "fan", type: "parallel", config: { branches } });
    expect(parent.status).toBe("success");
    const uuids = branches.map(({ name }) => at(parent.output("fan"), name, "c", "run_id"));
    expect(new Set(uuids).size).toBe(50);
  });
});
