/** Workflows that read what can't be reached where they read it. */
import { afterAll, beforeAll, test } from "bun:test";
import { type Case, Ground, refusesWorkflows } from "./harness/http/bad-input.ts";
import type { StepInput } from "./harness/http/client.ts";
import { expectFaults, expectReply, type Fault } from "./harness/http/expect.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

const pure = (name: string, value: unknown, more: object = {}): StepInput => {
  return { name, type: "transform", config: { value }, ...more };
};
const block = (name: string, steps: StepInput[], output?: unknown): StepInput => {
  return { name, type: "block", config: { steps, ...(output !== undefined && { output }) } };
};
const below = (...path: (string | number)[]) => ["body", "steps", ...path];

/** A workflow, what of it is refused, and the place. */
function refused(
  title: string,
  steps: StepInput[],
  type: string,
  loc: (string | number)[],
  msg: string,
  ctx?: Fault["ctx"],
): Case {
  return { title, body: { name: "w", steps }, faults: [{ loc, type, msg, ...(ctx && { ctx }) }] };
}

const VALUE = ["config", "value"];
const unknown = "There is no gone here";
const later = 'The step "b" is not over here: what comes before can be read';
const cases: Case[] = [
  refused("no such name", [pure("a", "${gone}")], "reference_unknown", below(0, ...VALUE), unknown),
  refused(
    "an expression that is written as a path",
    [pure("a", "${size(payload.x)}")],
    "reference_unknown",
    below(0, ...VALUE),
    "There is no size(payload here: an expression is written ${{ … }}",
  ),
  refused(
    "no such knowledge of a step",
    [pure("a", 1), pure("b", '${{ has(steps["a"].output) ? steps.a.outcome : 1 }}')],
    "reference_unknown",
    below(1, ...VALUE),
    "There is no outcome of a step: it has status, output, error, started_at, completed_at, attempts, details",
    { offset: 29, length: 5 },
  ),
  refused(
    "and a path",
    [pure("a", { x: ["<${ gone.x[0] }>"] })],
    "reference_unknown",
    below(0, ...VALUE, "x", 0),
    unknown,
  ),
  refused("in an expression", [pure("a", "${{ 1 + gone }}")], "reference_unknown", below(0, ...VALUE), unknown, {
    offset: 8,
    length: 4,
  }),
  refused(
    "what no run has",
    [pure("a", "${run.nope}")],
    "reference_unknown",
    below(0, ...VALUE),
    "There is no nope of a run: it has id, workflow_id, workflow_version, created_at, started_at, parent_run_id, root_run_id, tags",
  ),
  refused(
    "steps by name",
    [pure("a", '${{ steps["x y"].status }}')],
    "reference_unknown",
    below(0, ...VALUE),
    'There is no step "x y" here',
    { offset: 4, length: 5 },
  ),
  refused(
    "steps in a path",
    [pure("a", 1), pure("b", "${steps.a}")],
    "reference_unknown",
    below(1, ...VALUE),
    "There is no steps here: expressions have it, such as ${{ steps.charge.status }}",
  ),
  refused(
    "error outside of a handler",
    [pure("a", "${error}")],
    "reference_unknown",
    below(0, ...VALUE),
    "There is no error here",
  ),
  refused(
    "a prototype's field",
    [pure("a", "${toString}")],
    "reference_unknown",
    below(0, ...VALUE),
    "There is no toString here",
  ),
  refused("a later step", [pure("a", "${b}"), pure("b", 1)], "reference_later", below(0, ...VALUE), later),
  refused("itself", [pure("b", "${b.value}")], "reference_later", below(0, ...VALUE), later),
  refused(
    "in its own handler",
    [pure("b", 1, { catch: [{ steps: [pure("h", "${b}")] }] })],
    "reference_later",
    below(0, "catch", 0, "steps", 0, ...VALUE),
    later,
  ),
  refused(
    "the block around it",
    [block("b", [pure("a", "${b}")])],
    "reference_later",
    below(0, "config", "steps", 0, ...VALUE),
    later,
  ),
  refused(
    "a step behind the block around it",
    [block("c", [pure("a", "${{ steps.b.output }}")]), pure("b", 1)],
    "reference_later",
    below(0, "config", "steps", 0, ...VALUE),
    later,
    { offset: 4, length: 5 },
  ),
  refused(
    "an empty name in a path",
    [pure("b", 1), pure("a", "${b..value}")],
    "value_error",
    below(1, ...VALUE),
    "The placeholder ${b..value} is no path: it has an empty name",
  ),
  {
    title: "a step in the payload of on_failure",
    body: {
      ...{ name: "w", steps: [pure("a", 1)] },
      on_failure: { workflow_id: "x", payload: { n: "${payload.n} ${run.id} ${error.code}", a: ["${a.value}"] } },
    },
    faults: [{ loc: ["body", "on_failure", "payload", "a", 0], type: "reference_unknown", msg: "There is no a here" }],
  },
  refused(
    "a step in a block",
    [block("b", [block("c", [pure("x", 1)])]), pure("a", "${x.value}")],
    "reference_hidden",
    below(1, ...VALUE),
    'The step "x" is inside "b" and is reached through "b"',
  ),
  refused(
    "a step of another branch",
    [
      {
        name: "p",
        type: "parallel",
        config: {
          branches: [
            { name: "l", steps: [pure("x", 1)] },
            { name: "r", steps: [pure("y", "${x}")] },
          ],
        },
      },
    ],
    "reference_hidden",
    below(0, "config", "branches", 1, "steps", 0, ...VALUE),
    'The step "x" is inside "p" and can\'t be read from here',
  ),
  refused(
    "a step of a handler",
    [pure("a", 1, { catch: [{ steps: [pure("h", 1)] }] }), pure("z", "${h}")],
    "reference_hidden",
    below(1, ...VALUE),
    'The step "h" is inside "a" and is reached through "a"',
  ),
  refused(
    "a block's output",
    [block("b", [pure("x", 1)], "${gone}")],
    "reference_unknown",
    below(0, "config", "output"),
    unknown,
  ),
  refused(
    "a handler's output",
    [pure("a", 1, { catch: [{ steps: [pure("h", 1)], output: "${{ gone }}" }] })],
    "reference_unknown",
    below(0, "catch", 0, "output"),
    unknown,
    { offset: 4, length: 4 },
  ),
];

refusesWorkflows(() => ground, cases);

test("a field that the input of the workflow forbids", async () => {
  const input = { properties: { n: {}, list: { items: {} } }, additionalProperties: false };
  const steps = [pure("a", "${payload.n}${payload.list[0].x}"), pure("b", "${payload.m}", { if: "payload.o == 1" })];
  expectFaults(await ground.api.post("/api/v1/workflows", { name: "w", input, steps }), [
    { loc: below(1, "if"), type: "reference_unknown", ctx: { offset: 0, length: 7 } },
    { loc: below(1, ...VALUE), type: "reference_unknown", msg: "The input of the workflow has no payload.m" },
  ]);
});

test("what can be reached is taken", async () => {
  const steps = [
    pure("a", "${payload}"),
    pure(" b ", "${ a } ${a.value} ${payload}"),
    pure("c d", '${ b } ${{ steps[" b "].status + a.value }} ${{ payload.list.map(x, x + 1) }} $${gone} ${'),
    block("e", [pure("f", "${c d.value}"), pure("g", "${f}${a}")], { f: "${f}", g: "${{ g }}" }),
    pure("h", "${e}", { catch: [{ steps: [pure("i", "${error.code}${e}")], output: "${i}${error}" }] }),
    pure("error", 1),
    pure("steps", "${error}"),
    pure("j", "${steps.value} ${{ steps.value }}"),
  ];
  expectReply(await ground.api.post("/api/v1/workflows", { name: "w", steps }), 200);
  await ground.addOneOfEach();
});

test("as many expressions as a workflow may have, and one more", async () => {
  const most = 256 * 1024;
  const expression = (index: number) => ` ${index}${"+1".repeat(400)} `.padEnd(2048, " ");
  const texts = Array.from({ length: most / 2048 }, (_, index) => `\${{${expression(index)}}}`);
  const workflow = (value: unknown) => ({ name: "w", steps: [pure("a", value)] });
  expectReply(await ground.api.post("/api/v1/workflows", workflow([...texts, texts[0]])), 200);
  await ground.addOneOfEach();
  const faults: Fault[] = [
    { loc: below(0, ...VALUE, texts.length), type: "expression_too_large", ctx: { offset: 3, length: 3 } },
  ];
  expectFaults(await ground.api.post("/api/v1/workflows", workflow([...texts, "${{ 1 }}", "${{ 2 }}"])), faults);
});

test("nothing of this has changed anything or was logged as an error", () => ground.expectUntouched());
