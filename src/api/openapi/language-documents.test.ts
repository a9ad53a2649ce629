/** The JSON Schema of a definition says what everything is, and shows each construct. */
import { expect, test } from "bun:test";
import { type Schema, Validator } from "@cfworker/json-schema";
import { loadStepTypes } from "../../connectors/index.ts";
import { workflowSchema } from "./language-documents.ts";

const schema: Schema = JSON.parse(JSON.stringify(workflowSchema(await loadStepTypes())));
const constructs: [string, Schema][] = Object.entries(schema.$defs ?? {});

test("every construct, and every field of one, has a description", () => {
  expect(constructs.length).toBeGreaterThan(30);
  const fields = [["Workflow", schema] as const, ...constructs].flatMap(([name, { properties }]) =>
    Object.entries(properties ?? {}).map(([field, one]) => [`${name}.${field}`, one] as const),
  );
  const silent = [...constructs, ...fields].filter(
    ([, one]) => typeof one === "object" && !("description" in one) && !("$ref" in one) && !("const" in one),
  );
  expect(silent.map(([name]) => name)).toEqual([]);
});

test("every construct has an example, which fits it", () => {
  // What is a list of types, or a map of anything, is shown by what holds it.
  const shown = constructs.filter(([, { type, properties }]) => type === "object" && properties !== undefined);
  expect(shown.length).toBeGreaterThan(25);
  for (const [name, { examples }] of [...shown, ["Workflow", schema] as const]) {
    expect([name, Array.isArray(examples) && examples.length > 0]).toEqual([name, true]);
    const whole = name === "Workflow" ? schema : { $ref: `#/$defs/${name}`, $defs: schema.$defs };
    const validator = new Validator(JSON.parse(JSON.stringify(whole)), "2020-12");
    for (const example of Array.isArray(examples) ? examples : []) {
      expect([name, validator.validate(example).errors]).toEqual([name, []]);
    }
  }
});

test("of what there is one of two, none and both do not fit", () => {
  const steps = [{ name: "b", type: "transform", config: { value: 1 } }];
  const validator = new Validator(schema, "2020-12");
  const fits = (type: string, config: object) =>
    validator.validate({ name: "w", steps: [{ name: "a", type, config }] }).valid;
  const until = "2030-01-31T08:00:00Z";
  const delays = [{ duration: 1 }, { until }, {}, { duration: 1, until }];
  expect(delays.map((config) => fits("delay", config))).toEqual([true, true, false, false]);
  const loops = [{ while: "true" }, { until: "true" }, {}, { while: "true", until: "true" }];
  expect(loops.map((config) => fits("loop", { max_iterations: 2, steps, ...config }))).toEqual([
    ...[true, true, false, false],
  ]);
});

test("a step is held against the schema of its own type alone", () => {
  const bad = { name: "a", type: "webhook", config: { method: "FETCH", url: "https://a.example/" } };
  let steps: unknown = bad;
  for (let level = 0; level < 16; level++) {
    steps = { name: `b${level}`, type: "block", config: { steps: [steps] } };
  }
  const validator = new Validator(schema, "2020-12", false);
  const { errors } = validator.validate({ name: "w", steps: [steps] });
  expect(errors.some(({ instanceLocation }) => instanceLocation.endsWith("/config/method"))).toBeTrue();
  expect(errors.filter(({ error }) => error.includes('"delay"'))).toEqual([]);
  expect(errors.length).toBeLessThan(200);
});
