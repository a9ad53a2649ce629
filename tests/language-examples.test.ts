/** Every JSON example of a step or a definition in docs/language.md, run with mocks. */
import { expect, test } from "bun:test";
import { type TestedRun, testWorkflow } from "../src/testing.ts";
import { isObject, objectAt, textAt } from "./harness/http/json.ts";

const DOCUMENT = await Bun.file(new URL("../docs/language.md", import.meta.url)).text();
const examples = [...DOCUMENT.matchAll(/(<!-- context -->\n)?```json\n([\s\S]*?)```/g)]
  .filter(([, isContext]) => isContext === undefined)
  .map(([, , text = ""]): unknown => JSON.parse(text));

interface Setting {
  /** Steps that the example reads. */
  before?: unknown[];
  payload?: Record<string, unknown>;
  mocks?: Record<string, unknown[]>;
  expected: Record<string, unknown>;
}

const pure = (name: string, value: unknown) => ({ name, type: "transform", config: { value } });
const ok = (body: unknown = {}) => [{ status: 200, body }];

/** What an example needs around it, and what comes of it, by the name of the step or definition. */
const SETTINGS: Record<string, Setting> = {
  charge: {
    payload: { total: 5 },
    mocks: { charge: [{ status: 503 }, { status: 503 }, { status: 402 }], "charge.$catch.remind": ok() },
    expected: { step_results: { charge: { attempts: 3 } } },
  },
  ship: {
    before: [pure("charge", 1)],
    payload: { total: 5 },
    mocks: { ship: ok() },
    expected: { status: "success", step_results: { ship: { status: "success" } } },
  },
  route: {
    payload: { tier: "tin", total: 5 },
    expected: { status: "success", step_results: { route: { output: "small", details: { case: 1 } } } },
  },
  sold_out: {
    payload: { sku: "x" },
    expected: { status: "failed", error: 'Step "sold_out" failed: No x is left' },
  },
  payment: {
    payload: { lines: [1] },
    mocks: { "payment.reserve": ok({ held: 1 }), "payment.charge": [{ status: 500 }, ...ok({ id: "r1" })] },
    expected: { step_results: { payment: { attempts: 2, output: { receipt: "r1" } } } },
  },
  fan: {
    payload: { lines: [1], to: "ada" },
    mocks: { "fan.stock.reserve": ok(), "fan.mail.send": [{ status: 202 }] },
    expected: { step_results: { fan: { output: { mail: 202 } } } },
  },
  answer: {
    mocks: { "answer.$catch.remind": ok() },
    expected: { status: "success", virtual_seconds: 259_200, step_results: { answer: { handled: true } } },
  },
  invoice: {
    payload: { order_id: 7 },
    mocks: { invoice: [{ output: { run_id: "r", status: "success", output: { number: 1 } } }] },
    expected: { status: "success", step_results: { invoice: { output: { output: { number: 1 } } } } },
  },
  "Fulfil an order": {
    payload: { order_id: "o1" },
    mocks: { charge: [{ status: 503 }, ...ok({ id: "c1" })] },
    expected: { status: "success", tags: ["billing"], output: { receipt: "c1", currency: "EUR" } },
  },
  "Sync a customer": { payload: { customer: "ada" }, mocks: { sync: ok() }, expected: { status: "success" } },
  nothing_to_do: { payload: { lines: [] }, expected: { status: "success", output: { sent: 0 } } },
  until_due: {
    payload: { send_at: "2030-01-01T01:00:00+00:00" },
    expected: { status: "success", virtual_seconds: 3600 },
  },
  poll: {
    payload: { job: 7 },
    mocks: { "poll[0].check": ok({ state: "queued" }), "poll[1].check": ok({ state: "done" }) },
    expected: { status: "success", virtual_seconds: 15, step_results: { poll: { output: { state: "done" } } } },
  },
  prices: {
    payload: { lines: [{ sku: "a" }, { sku: "b" }] },
    mocks: { "prices[0].fetch": ok({ price: 2 }), "prices[1].fetch": ok({ price: 3 }) },
    expected: { step_results: { prices: { output: { 1: { sku: "b", price: 3 } } } } },
  },
  pages: {
    payload: { cursor: "a" },
    mocks: { "pages[0].page": ok({ next: "b", rows: [1, 2] }), "pages[1].page": ok({ next: null, rows: [3] }) },
    expected: { status: "success", step_results: { pages: { output: { total: 3 } } } },
  },
  pay: {
    payload: { total: 5 },
    mocks: { pay: ok({ id: "c1" }) },
    expected: { status: "success", step_results: { pay: { status: "success" } } },
  },
  "An order": {
    payload: { name: "Ada", lines: [{ price: 2, count: 3 }] },
    expected: { step_results: { tell: { output: { value: { text: "Ada pays 9" } } } } },
  },
  Charge: {
    expected: { status: "success", virtual_seconds: 60, step_results: { receipt: { output: { value: "c1" } } } },
  },
};

/** A step, a definition, or the body of a test, as one that can be tried. */
function partsOf(example: unknown): {
  name: string;
  definition: Record<string, unknown>;
  given: Record<string, unknown>;
} {
  const { definition, ...given } = objectAt(example);
  if (isObject(definition)) return { name: textAt(definition, "name"), definition, given };
  const name = textAt(example, "name");
  if (isObject(example) && "steps" in example) return { name, definition: example, given: {} };
  const steps = [...(SETTINGS[name]?.before ?? []), example];
  return { name, definition: { name: "an example", steps }, given: {} };
}

test("every setting is of an example", () => {
  expect([...new Set(examples.map((example) => partsOf(example).name))].toSorted()).toEqual(
    Object.keys(SETTINGS).toSorted(),
  );
});

for (const [index, example] of examples.entries()) {
  const { name, definition, given } = partsOf(example);
  test(`${index}: ${name}`, async () => {
    const { payload, mocks, expected = {} } = SETTINGS[name] ?? {};
    const options: object = { ...(payload && { payload }), ...(mocks && { mocks }), ...given };
    const run: TestedRun = await testWorkflow(definition, options);
    expect(run).toMatchObject(expected);
    expect(run.error ?? "").not.toContain("There is no mock");
  });
}
