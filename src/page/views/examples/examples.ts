/** The definitions of examples/, each with its test. */
import approval from "../../../../examples/approval.json";
import approvalTest from "../../../../examples/approval.test.json";
import children from "../../../../examples/child-workflows.json";
import childrenTest from "../../../../examples/child-workflows.test.json";
import schedule from "../../../../examples/daily-report.json";
import scheduleTest from "../../../../examples/daily-report.test.json";
import escalation from "../../../../examples/escalation.json";
import escalationTest from "../../../../examples/escalation.test.json";
import fanOut from "../../../../examples/fan-out.json";
import fanOutTest from "../../../../examples/fan-out.test.json";
import hello from "../../../../examples/hello.json";
import helloTest from "../../../../examples/hello.test.json";
import hook from "../../../../examples/inbound-hook.json";
import hookTest from "../../../../examples/inbound-hook.test.json";
import paging from "../../../../examples/paging.json";
import pagingTest from "../../../../examples/paging.test.json";
import polling from "../../../../examples/polling.json";
import pollingTest from "../../../../examples/polling.test.json";
import rateLimited from "../../../../examples/rate-limited-api.json";
import rateLimitedTest from "../../../../examples/rate-limited-api.test.json";
import backoff from "../../../../examples/retry-with-backoff.json";
import backoffTest from "../../../../examples/retry-with-backoff.test.json";
import saga from "../../../../examples/saga.json";
import sagaTest from "../../../../examples/saga.test.json";
import type { Definition, DefinitionTest } from "../../../client/definitions.ts";

export interface Example {
  id: string;
  definition: Definition;
  /** What it is tried with: a payload, mocks, signals. */
  test: Omit<DefinitionTest, "definition">;
}

const FILES: [definition: { id: string }, test: { expected: unknown }][] = [
  [hello, helloTest],
  [backoff, backoffTest],
  [polling, pollingTest],
  [fanOut, fanOutTest],
  [paging, pagingTest],
  [saga, sagaTest],
  [rateLimited, rateLimitedTest],
  [approval, approvalTest],
  [schedule, scheduleTest],
  [hook, hookTest],
  [children, childrenTest],
  [escalation, escalationTest],
];

/** From the simple to the long. */
export const EXAMPLES: readonly Example[] = FILES.map(([file, { expected: _, ...given }]) => {
  // As any text of JSON: types that are read from files know nothing of definitions.
  const definition: Definition = JSON.parse(JSON.stringify(file));
  const test: Example["test"] = JSON.parse(JSON.stringify(given));
  return { id: file.id, definition, test };
});
