/** The shapes of the contract, as the suites check them. */
import { expect } from "bun:test";
import { at, objectAt } from "./json.ts";

export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** ISO 8601 with the offset written out. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/;

const STARTED = ["running", "success", "failed"];
const ENDED = ["success", "failed"];

/** Checks keys, types and what the status says about times and error. Keys beside those of the contract are allowed. */
export function expectRunShape(value: unknown): void {
  const run = objectAt(value);
  // Not toMatchObject: in Bun 1.4 it writes the matchers into the object it was given.
  expect(run).toEqual({
    ...run,
    uuid: expect.stringMatching(UUID_V7),
    id: expect.stringMatching(/./),
    workflow_id: expect.stringMatching(UUID_V7),
    status: expect.stringMatching(/^(pending|running|success|failed|paused|cancelled)$/),
    payload: expect.any(Object),
    ...expectedTimes(run.status),
    error: run.status === "failed" ? expect.stringMatching(/\S/) : null,
    step_results: expect.any(Object),
  });
  for (const [name, result] of Object.entries(objectAt(run, "step_results"))) {
    const status = at(result, "status");
    expect(result).toEqual({
      step_name: name,
      status: expect.stringMatching(/^(pending|running|success|failed|skipped)$/),
      ...expectedTimes(status),
      output: status === "success" ? expect.anything() : at(result, "output"),
      error: status === "failed" ? expect.stringMatching(/\S/) : null,
    });
    expect(objectAt(result)).toHaveProperty("output");
  }
}

function expectedTimes(status: unknown): { started_at: unknown; completed_at: unknown } {
  const when = (statuses: string[]) => (statuses.some((one) => one === status) ? expect.stringMatching(TIME) : null);
  return { started_at: when(STARTED), completed_at: when(ENDED) };
}
