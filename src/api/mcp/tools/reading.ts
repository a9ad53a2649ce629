import { Type } from "@sinclair/typebox";
import { RUN_STATUSES } from "../../../schemas/runs/run.ts";
import { Mocks, TestSignals } from "../../../schemas/test-input.ts";
import { anyObject, DEFINITION, RUN, requestTool, segment, type Tool, text, WORKFLOW } from "./tool.ts";

const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "How many at most; 20" }));
const status = Type.Union(RUN_STATUSES.map((one) => Type.Literal(one)));
const cursor = Type.Optional(text("next_cursor of the page before"));

/** Tools that change nothing. */
export const READING: readonly Tool[] = [
  requestTool({
    level: "read",
    name: "list_workflows",
    title: "List workflows",
    description: "Lists the workflows that there are, newest first, with their definitions.",
    input: { limit, cursor },
    ask: (query) => ({
      method: "GET",
      path: "/workflows",
      query: { limit: 20, ...query },
    }),
  }),
  requestTool({
    level: "read",
    name: "get_workflow",
    title: "Read a workflow",
    description: "Reads the definition of a workflow, the newest version or the one that is asked for.",
    input: { workflow_id: WORKFLOW, version: Type.Optional(Type.Integer({ minimum: 1 })) },
    ask: ({ workflow_id, ...query }) => ({
      method: "GET",
      path: `/workflows/${segment(workflow_id)}`,
      query,
    }),
  }),
  requestTool({
    level: "read",
    name: "get_workflow_schema",
    title: "Read the schema of workflows",
    description:
      "The JSON Schema of a definition, with descriptions and examples. It is long: search_documentation tells of one construct.",
    input: {},
    ask: () => ({
      method: "GET",
      path: "/schema/workflow.json",
    }),
  }),
  requestTool({
    level: "read",
    name: "list_step_types",
    title: "List the types of steps",
    description: "What steps there are, what each does, and the schema of its config.",
    input: {},
    ask: () => ({
      method: "GET",
      path: "/step-types",
    }),
  }),
  requestTool({
    level: "read",
    name: "validate_workflow",
    title: "Check a workflow",
    description: "Checks a definition and stores nothing: its warnings, or every fault with its place.",
    input: { definition: DEFINITION },
    ask: ({ definition }) => ({
      method: "POST",
      path: "/workflows/validate",
      body: definition,
    }),
  }),
  requestTool({
    level: "read",
    name: "test_workflow",
    title: "Test a workflow",
    description:
      "Runs a definition, or a stored workflow, in virtual time: waits are over at once, nothing is sent, nothing is stored. Steps that act on the world need mocks.",
    input: {
      definition: Type.Optional(DEFINITION),
      workflow_id: Type.Optional(WORKFLOW),
      payload: Type.Optional(anyObject("What the run is given")),
      mocks: Type.Optional(Mocks),
      signals: Type.Optional(TestSignals),
    },
    ask: (body) => ({ method: "POST", path: "/workflows/test", body }),
  }),
  requestTool({
    level: "read",
    name: "list_runs",
    title: "List runs",
    description:
      "Lists runs, newest first, without their payloads and outputs. One call looks at 10,000 runs at most: where `looked_to` is a time, those that fit may all be older than that, also when no run is listed; go on with `next_cursor` as `cursor`.",
    input: {
      status: Type.Optional(
        Type.Union([Type.Array(status), Type.String({ minLength: 1, maxLength: 100 })], {
          description: `any of ${RUN_STATUSES.join(", ")}: a list, or one text with commas`,
        }),
      ),
      workflow: Type.Optional(WORKFLOW),
      tag: Type.Optional(text("A tag that they have")),
      error: Type.Optional(text("A text within their error")),
      created_from: Type.Optional(text("Not before: ISO 8601 with a zone")),
      created_to: Type.Optional(text("Before: likewise")),
      limit,
      cursor,
    },
    ask: (query) => ({ method: "GET", path: "/runs", query: { limit: 20, ...query, view: "summary" } }),
  }),
  requestTool({
    level: "read",
    name: "get_run_outline",
    title: "Read the outline of a run",
    description:
      "How a run and each of its steps stand, why it failed and what it waits for, without payload and outputs. Begin with this one.",
    input: { run_id: RUN },
    ask: ({ run_id }) => ({
      method: "GET",
      path: `/runs/${segment(run_id)}`,
      query: { view: "outline" },
    }),
  }),
  requestTool({
    level: "read",
    name: "get_run",
    title: "Read a run",
    description: "A run with its payload and the outputs of its steps, which may be long.",
    input: { run_id: RUN },
    ask: ({ run_id }) => ({
      method: "GET",
      path: `/runs/${segment(run_id)}`,
    }),
  }),
  requestTool({
    level: "read",
    name: "get_run_step",
    title: "Read a step of a run",
    description:
      "A step with what it was given (its config, placeholders and expressions resolved), its output, its error and the attempts that failed.",
    input: { run_id: RUN, address: text("Of the step, as the outline has it, such as charge or orders[3].send") },
    ask: ({ run_id, address }) => ({
      method: "GET",
      path: `/runs/${segment(run_id)}/steps/${segment(address)}`,
    }),
  }),
];
