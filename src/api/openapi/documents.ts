import { type TSchema, Type } from "@sinclair/typebox";
import type { StepTypes } from "../../connectors/index.ts";
import { Concurrency, Defaults, OnFailure, RateLimit } from "../../language/definition/options.ts";
import { Step } from "../../language/definition/step.ts";
import { Workflow, WorkflowInput, WorkflowSummary, WorkflowVersion } from "../../language/definition/workflow.ts";
import { CONTAINERS, Placeholder, stepSchemas } from "../../language/step-schemas.ts";
import { BULK_SCHEMAS } from "../../schemas/control/bulk.ts";
import { CancelInput, RetryInput } from "../../schemas/control/control-input.ts";
import { ExpressionInput } from "../../schemas/expression.ts";
import { STATS_SCHEMAS } from "../../schemas/lists/stats.ts";
import { STEP_SCHEMAS } from "../../schemas/lists/step-query.ts";
import { ErrorCause, ErrorDetails, Run, RunCompensation, StepResult } from "../../schemas/runs/run.ts";
import { RunEvent } from "../../schemas/runs/run-event.ts";
import { WaitingRun } from "../../schemas/runs/run-summary.ts";
import { TriggerBatchInput, TriggerInput } from "../../schemas/runs/trigger.ts";
import { SignalWait, Waiting } from "../../schemas/runs/waiting.ts";
import { SYSTEM_SCHEMAS } from "../../schemas/system.ts";
import { MockError, MockOutput, MockReply, TestInput, TestSignal } from "../../schemas/test-input.ts";
import { ErrorBody, ExpressionPlace, Finding, ValidationErrorBody } from "./error-schemas.ts";
import { EXPRESSION_EXAMPLE, TEST_EXAMPLE, TRIGGER_EXAMPLE, WORKFLOW_EXAMPLE } from "./examples.ts";
import { HOOK_SCHEMAS } from "./hook-documents.ts";
import { SCHEDULE_SCHEMAS } from "./schedule-documents.ts";

/** How TypeBox writes the keys of a map. */
const ANY_KEY = "^(.*)$";

/** Every schema that the document names, under its title. */
const SCHEMAS = {
  WorkflowInput: { ...WorkflowInput, examples: [WORKFLOW_EXAMPLE] },
  Workflow,
  WorkflowSummary,
  WorkflowVersion,
  Defaults,
  OnFailure,
  Concurrency,
  RateLimit,
  Step,
  Placeholder,
  CancelInput,
  RetryInput,
  ...BULK_SCHEMAS,
  TriggerInput: { ...TriggerInput, examples: [TRIGGER_EXAMPLE] },
  ...SCHEDULE_SCHEMAS,
  TriggerBatchInput: { ...TriggerBatchInput, examples: [{ triggers: [TRIGGER_EXAMPLE] }] },
  BatchedTrigger: TriggerBatchInput.properties.triggers.items,
  ...HOOK_SCHEMAS,
  ExpressionInput: { ...ExpressionInput, examples: [EXPRESSION_EXAMPLE] },
  TestInput: { ...TestInput, examples: [TEST_EXAMPLE] },
  MockOutput,
  MockReply,
  MockError,
  TestSignal,
  MockErrorContent: MockError.properties.error,
  Run,
  RunEvent,
  ...STEP_SCHEMAS,
  ...STATS_SCHEMAS,
  ...SYSTEM_SCHEMAS,
  RunCompensation,
  StepResult,
  Waiting,
  SignalWait,
  WaitingRun,
  ErrorDetails,
  ErrorCause,
  Error: ErrorBody,
  ValidationError: ValidationErrorBody,
  Finding,
  ExpressionPlace,
};

/** The document's schemas; a step is one of the known types, each with its own config. */
export function schemasOf(types: StepTypes): object {
  return { ...SCHEMAS, ...stepSchemas(types) };
}

const ERRORS: Record<number, [description: string, ...schemas: (keyof typeof SCHEMAS)[]]> = {
  401: ["The delivery is not signed as the hook says", "Error"],
  404: ["There is no such thing", "Error"],
  408: ["The body did not arrive within 30 s", "Error"],
  409: ["Not as things are: the run has ended, there is one already, or as many are under way as may be", "Error"],
  412: ["It has another version by now", "Error"],
  413: ["The body is over 1 MiB", "Error"],
  415: ["The body is not JSON", "Error"],
  422: ["The request does not fit; one entry per fault", "ValidationError", "Error"],
  429: ["Too much of it waits; try again after Retry-After seconds", "Error"],
  500: ["A mistake of ours", "Error"],
  503: ["Too much waits or the database is out; try again after Retry-After seconds", "Error"],
};
const RETRY_AFTER = {
  "Retry-After": { schema: { type: "integer" as const, minimum: 1 }, description: "Seconds to wait" },
};

/** The answers of a route, errors included. */
export function responses(description: string, ok: TSchema | { $ref: string }, ...errors: (keyof typeof ERRORS)[]) {
  const failures = errors.map((status) => {
    const [text, ...names] = ERRORS[status] ?? ["", "Error"];
    const [first = reference("Error"), ...others] = names.map(reference);
    const content = json(others.length === 0 ? first : { anyOf: [first, ...others] });
    return [String(status), { description: text, content, ...(status === 503 ? { headers: RETRY_AFTER } : {}) }];
  });
  return { "200": { description, content: json(ok) }, ...Object.fromEntries(failures) };
}

/** The answer to a request that is not carried out yet. */
export function acceptedResponse(description: string, body: TSchema) {
  return { "202": { description, content: json(body) } };
}

/** What every route with a JSON body can answer beside its 200. */
export const BODY_ERRORS = [408, 413, 415, 422, 500, 503] as const;

export function reference(name: keyof typeof SCHEMAS): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** The body of a request, which routes read and check themselves: Elysia would open a stream on each to learn its type. */
export function requestBody(name: keyof typeof SCHEMAS) {
  return { required: true, content: json(reference(name)) };
}

/** The same of one that may be left out. */
export function optionalBody(name: keyof typeof SCHEMAS) {
  return { required: false, content: json(reference(name)) };
}

/** A page of a list. */
export function pageOf(name: keyof typeof SCHEMAS) {
  return Type.Object({
    items: Type.Array(Type.Unsafe(reference(name))),
    next_cursor: Type.Union([Type.String(), Type.Null()]),
    limit: Type.Integer(),
  });
}

/** A page of a list whose items are shown in one of two ways. */
export function pageOfEither(...names: (keyof typeof SCHEMAS)[]) {
  return Type.Object({
    ...pageOf("Workflow").properties,
    items: Type.Array(Type.Union(names.map((name) => Type.Unsafe(reference(name))))),
  });
}

/** The step types with their configs, for the document's description. */
export function describeSteps(types: StepTypes): string {
  const described = [...types.values()].map(({ connector }) => [connector.type, connector.description]);
  const lines = [...described, ...Object.entries(CONTAINERS)].map(([type, text]) => `- \`${type}\`: ${text}`);
  return `Step types:\n\n${lines.join("\n")}`;
}

/**
 * The document as other programs like to read it: named schemas by reference, a choice of words as an enum, and a map of
 * any keys as additionalProperties; parameters with what Swagger UI shows of them.
 */
export function tidy(document: object): object {
  return JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? tidyObject(key, { ...value }) : value,
  );
}

function tidyObject(key: string, value: Record<string, unknown>): object {
  const { title, anyOf, patternProperties, ...rest } = value;
  // Under its own name it is the schema that the references lead to.
  if (typeof title === "string" && Object.hasOwn(SCHEMAS, title) && key !== title) {
    return { $ref: `#/components/schemas/${title}` };
  }
  if (Array.isArray(anyOf) && anyOf.every((one: object) => "const" in one)) {
    return { ...rest, type: "string", enum: anyOf.map((one: { const: unknown }) => one.const) };
  }
  if (typeof patternProperties === "object" && patternProperties !== null && ANY_KEY in patternProperties) {
    return { ...(title === undefined ? {} : { title }), ...rest, additionalProperties: patternProperties[ANY_KEY] };
  }
  return typeof rest.in === "string" ? tidyParameter(rest) : value;
}

/** Swagger UI shows a parameter's own description, not that of its schema, and fills in its example. */
function tidyParameter(parameter: Record<string, unknown>): object {
  const { name, schema } = parameter;
  const described = typeof schema === "object" && schema !== null && "description" in schema;
  return {
    ...(described ? { description: schema.description } : {}),
    ...parameter,
    ...(name === "workflow_id" ? { example: WORKFLOW_EXAMPLE.id } : {}),
  };
}

function json(schema: object) {
  return { "application/json": { schema } };
}
