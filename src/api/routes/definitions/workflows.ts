import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { StepTypes } from "../../../connectors/index.ts";
import { readWorkflow } from "../../../language/workflow-input.ts";
import { MAX_DEFINITION_DEPTH } from "../../../schemas/json/json.ts";
import type { WorkflowsQuery } from "../../../schemas/lists/page-query.ts";
import type { WorkflowService } from "../../../services/workflows.ts";
import { BODY_ERRORS, pageOf, pageOfEither, reference, requestBody, responses } from "../../openapi/documents.ts";
import { Warnings } from "../../openapi/error-schemas.ts";
import { readBody } from "../../request/body/body.ts";
import {
  CHANGE_PARAMETERS,
  readChangeQuery,
  readIfMatch,
  readVersionQuery,
  readVersionsQuery,
  readWorkflowsQuery,
  VERSION_PARAMETERS,
  VERSIONS_PARAMETERS,
  WORKFLOWS_PARAMETERS,
} from "../../request/queries/query.ts";
import { READ_AFTER_PARAMETER, type ReadAfter } from "../../request/read-after.ts";
import { jsonReply, pageText, versionText, warningsText, workflowSummaryText, workflowText } from "../views.ts";

const Deleted = Type.Object({ message: Type.String(), workflow_id: Type.String({ format: "uuid" }) });
const Written = Type.Composite([Deleted, Type.Object({ warnings: Type.Optional(Warnings) })]);
const Restored = Type.Composite([Deleted, Type.Object({ version: Type.Integer() })]);
const Updated = Type.Composite([
  Written,
  Type.Object({
    version: Type.Integer(),
    unchanged: Type.Optional(Type.Literal(true, { description: "It was like that before, and has no new version" })),
  }),
]);
const ID = {
  name: "workflow_id",
  in: "path" as const,
  required: true,
  schema: { type: "string" as const, minLength: 1 },
  description: "The workflow's uuid, or the id its author gave it",
};
const IF_MATCH = {
  name: "if-match",
  in: "header" as const,
  schema: { type: "string" as const },
  description: 'The version that it is to have now, such as "2"; several with commas. Else it is not changed',
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
    .get("", async ({ request }) => jsonReply(await listText(readWorkflowsQuery(request), readAfter.of(request))), {
      detail: {
        tags,
        summary: "List workflows",
        parameters: [...WORKFLOWS_PARAMETERS, READ_AFTER_PARAMETER],
        responses: responses("A page of workflows", pageOfEither("Workflow", "WorkflowSummary"), 422, 500, 503),
      },
    })
    .get(
      "/:workflow_id",
      async ({ params, request }) => {
        const { version = null } = readVersionQuery(request);
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
        const how = { ifVersions: readIfMatch(request), create: readChangeQuery(request) };
        const { workflow, warnings } = readWorkflow(await readBody(request, MAX_DEFINITION_DEPTH), types);
        const { workflow_id: reference } = params;
        const more = await workflows.warnings(workflow, workflow.id ?? reference);
        const { uuid, version, unchanged, created } = await workflows.update(reference, workflow, how);
        const done = created ? "created" : "updated";
        return readAfter.reply(
          `{"message":"Workflow ${done} successfully","workflow_id":"${uuid}","version":${version}${unchanged ? ',"unchanged":true' : ""}${warningsText([...warnings, ...more])}}`,
        );
      },
      {
        detail: {
          tags,
          summary: "Make a new version of a workflow",
          description:
            "Runs keep the version that they were triggered with. Without `id` it keeps the one it has. What is as it was makes no version.",
          parameters: [ID, ...CHANGE_PARAMETERS, IF_MATCH],
          requestBody: requestBody("WorkflowInput"),
          responses: responses("What it is now", Updated, 404, 412, ...BODY_ERRORS),
        },
      },
    )
    .get(
      "/:workflow_id/versions",
      async ({ params, request }) => {
        const page = await workflows.versions(params.workflow_id, readVersionsQuery(request), readAfter.of(request));
        return jsonReply(pageText(page, versionText));
      },
      {
        detail: {
          tags,
          summary: "List the versions of a workflow",
          description: "Newest first.",
          parameters: [ID, ...VERSIONS_PARAMETERS, READ_AFTER_PARAMETER],
          responses: responses("A page of versions", pageOf("WorkflowVersion"), 404, 422, 500, 503),
        },
      },
    )
    .post(
      "/:workflow_id/undelete",
      async ({ params }) => {
        const { uuid, version } = await workflows.undelete(params.workflow_id);
        return readAfter.reply(
          `{"message":"Workflow restored successfully","workflow_id":"${uuid}","version":${version}}`,
        );
      },
      {
        detail: {
          tags,
          summary: "Take the deletion of a workflow back",
          description:
            "For as long as runs are kept. Where several had the id, it is the newest. One that is there stays as it is.",
          parameters: [ID],
          responses: responses("It is there", Restored, 404, 500, 503),
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
  async function listText({ view, ...page }: WorkflowsQuery, after: string | null): Promise<string> {
    return pageText(await workflows.list(page, after), view === "summary" ? workflowSummaryText : workflowText);
  }
}
