/** `on_failure`: the run of another workflow that a run starts when it fails. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, isObject, listAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const fails: StepInput = { name: "a", type: "fail", config: { code: "oops", message: "no ${payload.n}" } };
const tells = () => api.create([pure("told", "${payload}")]);

/** The runs of a workflow. */
async function runsOf(workflow: string): Promise<string[]> {
  const reply = await api.get("/api/v1/runs?limit=200");
  expectReply(reply, 200);
  return listAt(reply.body, "items").flatMap((run) =>
    isObject(run) && run.workflow_id === workflow ? [textAt(run, "uuid")] : [],
  );
}

/** The one run of a workflow, once it has ended. */
async function theRun(workflow: string): Promise<Run> {
  const [uuid = "", ...others] = await runsOf(workflow);
  expect(others).toEqual([]);
  return api.untilEnded(uuid);
}

async function fail(on_failure: object, steps: StepInput[] = [fails]): Promise<Run> {
  const failed = await api.untilEnded(await api.trigger(await api.create(steps, { on_failure }), { n: 5 }));
  expect(failed.status).toBe("failed");
  return failed;
}

test("it is there as soon as the run has failed, with what it is to be told", async () => {
  const workflow = await tells();
  const failed = await fail({ workflow_id: workflow });
  const run = await theRun(workflow);
  expect(run.body).not.toHaveProperty("parent_run_id");
  expect(run.output("told")).toEqual({
    type: "transform",
    value: {
      run_id: failed.uuid,
      workflow_id: failed.body.workflow_id,
      workflow_version: 1,
      payload: { n: 5 },
      error: expect.objectContaining({ code: "oops", message: "no 5", step: "a" }),
    },
  });
});

test("its payload reads the payload, the run and the error; where that leads nowhere it has the usual one", async () => {
  const [told, usual] = [await tells(), await tells()];
  const failed = await fail({
    workflow_id: told,
    payload: { why: "${error.code}", run: "${run.id}", n: "${{ payload.n + 1 }}" },
  });
  expect(at((await theRun(told)).output("told"), "value")).toEqual({ why: "oops", run: failed.uuid, n: 6 });
  await fail({ workflow_id: usual, payload: { why: "${payload.nowhere}" } });
  expect(at((await theRun(usual)).output("told"), "value", "error", "code")).toBe("oops");
});

test("a run that succeeds starts none, one of a plain step that fails does, and one that was started so does not", async () => {
  const workflow = await tells();
  const nowhere = { name: "a", type: "transform", config: { value: "${payload.nowhere}" } };
  const on_failure = { workflow_id: workflow };
  const good = await api.untilEnded(await api.trigger(await api.create([pure("a", 1)], { on_failure })));
  expect(good.status).toBe("success");
  expect(await runsOf(workflow)).toEqual([]);
  const failing = await api.create([nowhere], { on_failure });
  await fail({ workflow_id: failing });
  expect((await theRun(failing)).status).toBe("failed");
  expect(await runsOf(workflow)).toEqual([]);
  await fail(on_failure, [nowhere]);
  expect((await theRun(workflow)).status).toBe("success");
});

test("of a workflow that is not there nothing is started, and the run ends all the same", async () => {
  const failed = await fail({ workflow_id: "not-there" });
  expect(failed.error).toContain("no 5");
});
