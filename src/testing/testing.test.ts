import { expect, test } from "bun:test";
import { ValidationFailed } from "../errors.ts";
import { testWorkflow } from "../testing.ts";

const WEBHOOK = { method: "POST", url: "https://pay.example/charges", body: { amount: "${payload.total}" } };
const charge = {
  name: "charge",
  type: "webhook",
  retry: { on: ["5xx"], initial_interval: 60, jitter: 0 },
  config: WEBHOOK,
};

test("a definition is tried without a platform, at the same time each time", async () => {
  const mocks = { charge: [{ status: 503 }, { status: 201, body: { id: "c1" } }] };
  const run = await testWorkflow({ name: "w", steps: [charge] }, { payload: { total: 120 }, mocks });
  expect(run).toMatchObject({
    ...{ status: "success", virtual_seconds: 60, unused_mocks: [] },
    completed_at: "2030-01-01T00:01:00.000+00:00",
    step_results: { charge: { attempts: 2, output: { response_data: { id: "c1" } } } },
  });
});

test("one that could not be made is refused", () => {
  expect(testWorkflow({ name: "w", steps: [] })).rejects.toBeInstanceOf(ValidationFailed);
});

test("what it says of its runs is tried too: its input, its output, its time, and what a run knows of itself", async () => {
  const definition = {
    name: "w",
    input: { required: ["total"], properties: { currency: { default: "EUR" } } },
    timeout: "PT1H",
    defaults: { retry: { max_attempts: 2, jitter: 0 } },
    steps: [
      { name: "charge", type: "webhook", config: WEBHOOK },
      { name: "later", type: "delay", config: { duration: "${payload.wait}" } },
    ],
    output: { currency: "${payload.currency}", began: "${run.started_at}" },
    tags: ["t"],
  };
  const mocks = { charge: [{ status: 503 }, { status: 200, body: {} }] };
  const run = await testWorkflow(definition, { payload: { total: 1, wait: 5 }, mocks });
  expect(run).toMatchObject({ status: "success", virtual_seconds: 6, tags: ["t"] });
  expect(run.output).toEqual({ currency: "EUR", began: "2030-01-01T00:00:00.000+00:00" });
  const late = await testWorkflow(definition, { payload: { total: 1, wait: "P1D" }, mocks });
  expect(late).toMatchObject({ status: "failed", virtual_seconds: 3600, error_details: { code: "run_timeout" } });
  expect(testWorkflow(definition, { payload: {} })).rejects.toBeInstanceOf(ValidationFailed);
});

test("a mocked child is shown as a child that ended", async () => {
  const child = { name: "child", type: "workflow", config: { workflow_id: "other" } };
  const mocks = { child: [{ output: { run_id: "r", status: "success", output: 1 } }] };
  const run = await testWorkflow({ name: "w", steps: [child] }, { mocks });
  expect(run.step_results).toMatchObject({ child: { status: "success", type: "workflow", path: "0" } });
});
