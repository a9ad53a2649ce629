import { expect, test } from "bun:test";
import { stepsOf } from "../../../../shared/drawing/steps.ts";
import { definedStep, valueAt } from "../../defined.ts";
import { type Found, withValues } from "./placeholders.ts";
import { valuesOf } from "./values.ts";

const set = (name: string, value: unknown) => ({ name, type: "transform", config: { value } });
const DEFINITION = {
  steps: [
    set("first", 1),
    {
      name: "fan",
      type: "parallel",
      config: {
        branches: [
          { name: "left", steps: [set("a", 1), set("b", 2)] },
          { name: "right", steps: [set("c", 3)] },
        ],
      },
    },
    {
      name: "each",
      type: "map",
      config: {
        items: "${payload.lines}",
        as: "line",
        index: "n",
        steps: [
          set("price", 2),
          { name: "pairs", type: "map", config: { items: [1, "${line}", 3], batch: 2, steps: [set("inner", 0)] } },
          set("sum", 0),
        ],
      },
      catch: [{ steps: [set("mend", 0)] }],
    },
    { name: "again", type: "loop", config: { until: "true", max_iterations: 2, steps: [set("turn", 0)] } },
    set("last", 0),
  ],
};
const OUTPUTS: Record<string, unknown> = {
  first: { value: { "a b": [7] } },
  "fan.left.a": { value: "left" },
  "each[1].price": { value: 40 },
};

const asked: string[] = [];

/** What a config at a place comes to, and why the rest of it is not known. */
async function resolved(path: string, config: unknown) {
  const steps = stepsOf(DEFINITION);
  const defined = definedStep(steps, path)?.path ?? "";
  const found = await valuesOf(
    config,
    { steps, path, defined, valueAt: (loc) => valueAt(DEFINITION, loc) },
    {
      payload: async () => ({ value: { lines: ["x", "y"], who: "Ada" } }),
      output: async (address): Promise<Found> => {
        asked.push(address);
        return address in OUTPUTS ? { value: OUTPUTS[address] } : { why: `${address} is not kept` };
      },
      evaluate: async (expression, context) => ({ value: `${expression.trim()} of ${Object.keys(context).sort()}` }),
    },
  );
  const unknown = [...found].flatMap(([text, one]) => ("why" in one ? [`${text}: ${one.why}`] : []));
  return { value: withValues(config, found), unknown };
}

test("paths bring values with their types, and are written into longer texts", async () => {
  const config = {
    list: ['${first.value["a b"]}'],
    text: "Dear ${ payload.who }: ${first.value}",
    plain: "$${no}",
    n: 1,
  };
  expect(await resolved("4", config)).toEqual({
    value: { list: [[7]], text: 'Dear Ada: {"a b":[7]}', plain: "${no}", n: 1 },
    unknown: [],
  });
});

test("a name is the step before in the innermost list, of the same branch and iteration", async () => {
  asked.length = 0;
  expect((await resolved("1/0/1", "${a.value}")).value).toBe("left");
  expect((await resolved("2/1/2", ["${price.value}", "${line}", "${n}", "${first.value}"])).value).toEqual([
    ...[40, "y", 1, { "a b": [7] }],
  ]);
  expect(asked).toEqual(["fan.left.a", "each[1].price", "first"]);
  // Within a map in a map, in batches.
  expect((await resolved("2/1/1/0/0", ["${item}", "${line}"])).value).toEqual([[1, "y"], "y"]);
  expect((await resolved("2/1/1/1/0", "${item}")).value).toEqual([3]);
});

test("expressions are evaluated with what they name, but for what is in texts and behind dots", async () => {
  const config = '${{ size(payload.who) + first.value.line + "again" }}';
  expect((await resolved("4", config)).value).toBe('size(payload.who) + first.value.line + "again" of first,payload');
});

test("what is not kept stays as it is written, and says why", async () => {
  const config = ["${vars.x}", "${{ steps.first.status }}", "${payload.gone}", "x ${later.value}", "${last.value}"];
  const { value, unknown } = await resolved("4", config);
  expect(value).toEqual(config);
  expect(unknown).toEqual([
    "${vars.x}: variables change while a run goes on, and are not kept",
    "${{ steps.first.status }}: what steps came to is looked up while a run goes on",
    "${payload.gone}: it leads nowhere now",
    "${later.value}: nothing is called later there",
    "${last.value}: nothing is called last there",
  ]);
  expect((await resolved("3/0/0", "${iteration.last}")).unknown).toHaveLength(1);
  expect((await resolved("2/c0/0", "${error.code}")).unknown).toHaveLength(1);
  expect((await resolved("2/9/2", "${line}")).unknown).toEqual(["${line}: the map has no such item now"]);
});
