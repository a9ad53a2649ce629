import { type TSchema, Type } from "@sinclair/typebox";
import type { StepTypes } from "../connectors/index.ts";
import { Run, StepResult } from "../schemas/run.ts";
import { Step, Workflow, WorkflowInput } from "../schemas/workflow.ts";

const ErrorBody = Type.Object(
  { detail: Type.String(), code: Type.String(), request_id: Type.String() },
  { title: "Error" },
);

const ValidationErrorBody = Type.Object(
  {
    detail: Type.Array(
      Type.Object({
        loc: Type.Array(Type.Union([Type.String(), Type.Integer()])),
        msg: Type.String(),
        type: Type.String(),
      }),
    ),
    code: Type.String(),
    request_id: Type.String(),
  },
  { title: "ValidationError" },
);

/** Every schema that the document names. */
export const SCHEMAS = {
  Error: ErrorBody,
  ValidationError: ValidationErrorBody,
  Run,
  StepResult,
  Step,
  Workflow,
  WorkflowInput,
};

const ERRORS: Record<number, [description: string, schema: keyof typeof SCHEMAS]> = {
  404: ["There is no such thing", "Error"],
  413: ["The body is over 1 MiB", "Error"],
  415: ["The body is not JSON", "Error"],
  422: ["The request does not fit; one entry per fault", "ValidationError"],
  500: ["A mistake of ours", "Error"],
  503: ["Too much waits or the database is out; try again after Retry-After seconds", "Error"],
};

/** What a route can answer, errors included. */
export function responses(description: string, ok: TSchema | { $ref: string }, ...errors: (keyof typeof ERRORS)[]) {
  const failures = errors.map((status) => {
    const [text, schema] = ERRORS[status] ?? ["", "Error"];
    return [String(status), { description: text, content: json(reference(schema)) }];
  });
  return { "200": { description, content: json(ok) }, ...Object.fromEntries(failures) };
}

/** What every route with a JSON body can answer beside its 200. */
export const BODY_ERRORS = [413, 415, 422, 500, 503] as const;

export function reference(name: keyof typeof SCHEMAS): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** A page of a list. */
export function pageOf(name: keyof typeof SCHEMAS) {
  return Type.Object({
    items: Type.Array(Type.Unsafe(reference(name))),
    next_cursor: Type.Union([Type.String(), Type.Null()]),
    limit: Type.Integer(),
  });
}

/** The step types with their configs, for the document's description. */
export function describeSteps(types: StepTypes): string {
  const lines = [...types.values()].map(({ connector }) => `- \`${connector.type}\`: ${connector.description}`);
  return `Step types:\n\n${lines.join("\n")}`;
}

function json(schema: object) {
  return { "application/json": { schema } };
}
