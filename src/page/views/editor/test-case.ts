import type { TestedRun } from "../../../client/definitions.ts";

/** A try as `wf test` takes it: what was given, and how it ended. Times are not expected, since they are those of the try. */
export function testCase(run: TestedRun, given: object): string {
  const { status, error, output, step_results } = run;
  const steps = Object.entries(step_results).map(([address, step]) => [address, { status: step.status }]);
  const expected = {
    status,
    ...(error === null ? {} : { error }),
    ...(output === undefined ? {} : { output }),
    step_results: Object.fromEntries(steps),
  };
  return `${JSON.stringify({ ...given, expected }, null, 2)}\n`;
}
