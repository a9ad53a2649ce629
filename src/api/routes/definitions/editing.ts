import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { StepTypes } from "../../../connectors/index.ts";
import { Explanation } from "../../../language/checks/explanation.ts";
import { readWorkflow } from "../../../language/workflow-input.ts";
import { MAX_DEFINITION_DEPTH } from "../../../schemas/json/json.ts";
import type { WorkflowService } from "../../../services/workflows.ts";
import { BODY_ERRORS, requestBody, responses } from "../../openapi/documents.ts";
import { Warnings } from "../../openapi/error-schemas.ts";
import { STEP_TYPES, stepTypes, WORKFLOW_SCHEMA, workflowSchema } from "../../openapi/language-documents.ts";
import { readBody } from "../../request/body/body.ts";
import { EXPLAIN_PARAMETERS, readExplainQuery } from "../../request/queries/query.ts";
import { Document } from "../service/document.ts";
import { jsonReply } from "../views.ts";

const Place = Type.Array(Type.Union([Type.String(), Type.Integer()]));
const Valid = Type.Object({
  valid: Type.Literal(true),
  warnings: Warnings,
  scope: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), {
      description: "With explain: the names that each step can read, by its loc joined with dots",
    }),
  ),
  references: Type.Optional(
    Type.Array(Type.Object({ from: Place, to: Type.String() }), {
      description: "With explain: what is read where; `to` is the address of a step, or a name such as payload",
    }),
  ),
});

const StepTypeList = Type.Object({
  items: Type.Array(
    Type.Object({
      type: Type.String(),
      kind: Type.Union(["pure", "wait", "effect", "control"].map((kind) => Type.Literal(kind))),
      title: Type.String(),
      description: Type.String(),
      config: Type.Unknown({
        description:
          "JSON Schema. x-template: placeholders are resolved in it; x-expression: it is a condition. References are relative to this address",
      }),
    }),
  ),
});
const tags = ["language"];

/** What editors of definitions need. */
export function editingRoutes(workflows: WorkflowService, types: StepTypes) {
  const schema = new Document(() => workflowSchema(types));
  const known = new Document(() => ({ items: stepTypes(types) }));
  return new Elysia({ prefix: "/api/v1", normalize: false })
    .post(
      "/workflows/validate",
      async ({ request }) => {
        const explanation = readExplainQuery(request) ? new Explanation() : null;
        const body = await readBody(request, MAX_DEFINITION_DEPTH);
        const { workflow, warnings } = readWorkflow(body, types, explanation);
        const more = await workflows.warnings(workflow, workflow.id);
        return jsonReply(JSON.stringify({ valid: true, warnings: [...warnings, ...more], ...explanation?.toJSON() }));
      },
      {
        detail: {
          tags,
          summary: "Check a workflow without making it",
          description: "The same faults and warnings as when it is made.",
          parameters: EXPLAIN_PARAMETERS,
          requestBody: requestBody("WorkflowInput"),
          responses: responses("It can be made", Valid, ...BODY_ERRORS),
        },
      },
    )
    .get(STEP_TYPES, ({ request }) => known.reply(request), {
      detail: { tags, summary: "List the step types", responses: responses("All of them", StepTypeList, 500, 503) },
    })
    .get(WORKFLOW_SCHEMA, ({ request }) => schema.reply(request), {
      detail: {
        tags,
        summary: "The JSON Schema of a workflow",
        description: "For completion and checks in an editor: a definition may name it as its `$schema`.",
        responses: responses("JSON Schema, 2020-12", Type.Object({}, { description: "JSON Schema" }), 500, 503),
      },
    });
}
