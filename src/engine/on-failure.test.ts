/** The run that is started because another one failed, where that one ended without its engine. */
import { expect, test } from "bun:test";
import type { RunFacts } from "../language/definition/facts.ts";
import type { JsonObject } from "../schemas/json/json.ts";
import { runOnInterruption } from "./on-failure.ts";

const NOW = Date.UTC(2030, 0, 1);
const times = { created_at: "2030-01-01T00:00:00.000+00:00", started_at: "2030-01-01T00:00:01.000+00:00" };
const facts: RunFacts = {
  ...{ id: "r", workflow_id: "w", workflow_version: 3, ...times },
  ...{ parent_run_id: null, root_run_id: null, tags: ["a"] },
};

function payloadOf(payload?: JsonObject): unknown {
  const onFailure = { workflow_id: "alert", ...(payload !== undefined && { payload }) };
  return JSON.parse(
    runOnInterruption(onFailure, facts, '{"n":5}', { code: "crashed", error: "it was lost" }, NOW).payload,
  );
}

test("it gets the payload that the definition says, of the run, its payload and the error", () => {
  const payload = {
    why: "${error.code}: ${error.message}",
    run: "${run.id}",
    tags: "${run.tags}",
    n: "${{ payload.n + 1 }}",
  };
  expect(payloadOf(payload)).toEqual({ why: "crashed: it was lost", run: "r", tags: ["a"], n: 6 });
});

test("where that leads nowhere, or can't be stored, or there is none, it gets the usual one", () => {
  const usual = {
    ...{ run_id: "r", workflow_id: "w", workflow_version: 3, payload: { n: 5 } },
    error: expect.objectContaining({ code: "crashed", message: "it was lost", step: "" }),
  };
  expect(payloadOf({ n: "${payload.gone}" })).toEqual(usual);
  expect(payloadOf({ n: "${{ parseJson('\"\\\\u0000\"') }}" })).toEqual(usual);
  expect(payloadOf()).toEqual(usual);
});
