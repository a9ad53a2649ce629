/** Tests of definitions with `bun test`: exported by the package as `workflow-platform/testing`. */
import { triedText } from "./api/routes/views.ts";
import { type Clock, systemClock } from "./clock.ts";
import { loadStepTypes } from "./connectors/index.ts";
import type { Json } from "./schemas/json/json.ts";
import type { Run } from "./schemas/runs/run.ts";
import type { TestInput } from "./schemas/test-input.ts";
import { TestService } from "./services/tests.ts";
import { InProcessTester } from "./testing/tester.ts";

const START = Date.UTC(2030, 0, 1);
/** A test begins at the same time whenever it is run. */
const clock: Clock = { ...systemClock, now: () => START };

const types = await loadStepTypes();
const tests = new TestService(new InProcessTester(types, clock), { get: notStored }, types);

/** A run as the API shows it, and what is known of a test besides. */
export type TestedRun = Run & { virtual_seconds: number; unused_mocks: string[] };

/**
 * Runs a definition in virtual time, with mocks in place of what it would call: see docs/language.md.
 *
 * @throws ValidationFailed when the definition could not be created; PlatformError test_too_long
 */
export async function testWorkflow(
  definition: unknown,
  { payload = {}, mocks = {}, signals = [] }: Pick<TestInput, "payload" | "mocks" | "signals"> = {},
): Promise<TestedRun> {
  const plain: Json = JSON.parse(JSON.stringify(definition));
  const tried: TestedRun = JSON.parse(triedText(await tests.run({ definition: plain, payload, mocks, signals })));
  return tried;
}

function notStored(): Promise<never> {
  return Promise.reject(new Error("A test of a definition reads no stored workflow"));
}
