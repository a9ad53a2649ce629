import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { StepTypes } from "../../connectors/index.ts";
import { readWorkflow } from "../../language/workflow-input.ts";
import { MAX_DEFINITION_DEPTH } from "../../schemas/json.ts";
import type { WorkflowService } from "../../services/workflows.ts";
import { BODY_ERRORS, pageOf, reference, requestBody, responses, Warnings } from "../openapi/documents.ts";
import { readBody } from "../request/body.ts";
import { PAGE_PARAMETERS, readPageQuery, readVersionQuery, VERSION_PARAMETERS } from "../request/query.ts";
import { READ_AFTER_PARAMETER, type ReadAfter } from "../request/read-after.ts";
import { jsonReply, pageText, warningsText, workflowText } from "./views.ts";

const Deleted = Type.Object({ message: Type.String(), workflow_id: Type.String({ format: "uuid" }) });
const Written = Type.Composite([Deleted, Type.Object({ warnings: Type.Optional(Warnings) })]);
const Updated = Type.Composite([Written, Type.Object({ version: Type.Integer() })]);
const ID = {
  name: "workflow_id",
  in: "path" as const,
  required: true,
  schema: { type: "string" as const, minLength: 1 },
  description: "The workflow's uuid, or the id its author gave it",
};
const tags = ["workflows"];

/** Workflow definitions. */
export function workflowRoutes(workflows: WorkflowService, types: StepTypes, readAfter: ReadAfter) {
  return new Elysia({ prefix: "/api/v1/workflows", normalize: false })
    .post(
      "",
      async ({ request }) => {
        const { workflow, warnings } = readWorkflow(await readBody(request, MAX_DEFINITION_DEPTH), types);
        const more = await workflows.warnings(workflow, workflow.id);
        const uuid = await workflows.create(workflow);
        return readAfter.reply(
          `{"message":"Workflow created successfully","workflow_id":"${uuid}"${warningsText([...warnings, ...more])}}`,
        );
      },
      {
        detail: {
          tags,
          summary: "Create a workflow",
          requestBody: requestBody("WorkflowInput"),
          responses: responses("Created", Written, ...BODY_ERRORS),
        },
      },
    )
    .get(
      "",
      async ({ query, request }) =>
        jsonReply(pageText(await workflows.list(readPageQuery(query), readAfter.of(request)), workflowText)),
      {
        detail: {
          tags,
          summary: "List workflows",
          parameters: [...PAGE_PARAMETERS, READ_AFTER_PARAMETER],
          responses: responses("A page of workflows", pageOf("Workflow"), 422, 500, 503),
        },
      },
    )
    .get(
      "/:workflow_id",
      async ({ params, query, request }) => {
        const version = readVersionQuery(query);
        return jsonReply(workflowText(await workflows.get(params.workflow_id, version, readAfter.of(request))));
      },
      {
        detail: {
          tags,
          summary: "Read a workflow, or an older version of it",
          parameters: [ID, ...VERSION_PARAMETERS, READ_AFTER_PARAMETER],
          responses: responses("The workflow", reference("Workflow"), 404, 422, 500, 503),
        },
      },
    )
    .put(
      "/:workflow_id",
      async ({ params, request }) => {
        const { workflow, warnings } = readWorkflow(await readBody(request, MAX_DEFINITION_DEPTH), types);
        const more = await workflows.warnings(workflow, workflow.id ?? params.workflow_id);
        const { uuid, version } = await workflows.update(params.workflow_id, workflow);
        return readAfter.reply(
          `{"message":"Workflow updated successfully","workflow_id":"${uuid}","version":${version}${warningsText([...warnings, ...more])}}`,
        );
      },
      {
        detail: {
          tags,
          summary: "Make a new version of a workflow",
          description: "Runs keep the version that they were triggered with. Without `id` it keeps the one it has.",
          parameters: [ID],
          requestBody: requestBody("WorkflowInput"),
          responses: responses("A new version", Updated, 404, ...BODY_ERRORS),
        },
      },
    )
    .delete(
      "/:workflow_id",
      async ({ params }) => {
        const { uuid } = await workflows.delete(params.workflow_id);
        return readAfter.reply(`{"message":"Workflow deleted successfully","workflow_id":"${uuid}"}`);
      },
      {
        detail: {
          tags,
          summary: "Delete a workflow; its runs stay readable",
          parameters: [ID],
          responses: responses("Deleted", Deleted, 404, 500, 503),
        },
      },
    );
}
