import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { Elysia } from "elysia";
import { ValidationFailed } from "../../errors.ts";
import { DEPTH_HEADER } from "../../schemas/depth.ts";
import { checked } from "../../schemas/faults.ts";
import { TriggerInput } from "../../schemas/run.ts";
import type { RunLists } from "../../services/finding/run-lists.ts";
import type { RunSteps } from "../../services/finding/run-steps.ts";
import type { RunService } from "../../services/runs.ts";
import type { TriggerService } from "../../services/triggers.ts";
import { BODY_ERRORS, reference, requestBody, responses } from "../openapi/documents.ts";
import { readBody } from "../request/body.ts";
import { readPageQuery } from "../request/query.ts";
import { READ_AFTER_PARAMETER, type ReadAfter } from "../request/read-after.ts";
import { RUN_PARAMETERS, readRunQuery } from "../request/run-query.ts";
import { readViewQuery, VIEW_PARAMETERS } from "../request/step-query.ts";
import { traceOf } from "../request/traces.ts";
import { FoundPage, foundText, outlineText, summaryText, topText } from "./run-views.ts";
import { jsonReply, pageText, runText } from "./views.ts";

const Triggered = Type.Object({ run_id: Type.String({ format: "uuid" }), status: Type.Literal("triggered") });
const triggerInput = TypeCompiler.Compile(TriggerInput);
const tags = ["runs"];
const LIST_DESCRIPTION =
  "Newest first. With a filter or a view the page has prev_cursor and looked_to as well. One request looks at 10,000 runs at most, for 100 ms: a page that ended for that says how far it came in looked_to, and its next_cursor goes on from there.";
const NO_DEPTH = "Input should be a whole number: webhooks of workflows say with it how many triggered one another";

/** Triggers and the runs that come of them. */
export function runRoutes(
  triggers: TriggerService,
  { runs, lists, steps }: { runs: RunService; lists: RunLists; steps: RunSteps },
  readAfter: ReadAfter,
) {
  return new Elysia({ prefix: "/api/v1", normalize: false })
    .post(
      "/trigger",
      async ({ request }) => {
        const input = checked(triggerInput, await readBody(request), "body");
        const uuid = await triggers.trigger(input, depthOf(request), traceOf(request));
        return readAfter.reply(`{"run_id":"${uuid}","status":"triggered"}`);
      },
      {
        detail: {
          tags,
          summary: "Start a run",
          description: "The run is on disk before this answers.",
          requestBody: requestBody("TriggerInput"),
          responses: responses("The run is stored and will be executed", Triggered, 404, 409, ...BODY_ERRORS),
        },
      },
    )
    .get(
      "/runs",
      async ({ query, request }) => {
        const position = readAfter.of(request);
        const asked = readRunQuery(request);
        if (asked === null) return jsonReply(pageText(await runs.list(readPageQuery(query), position), runText));
        return jsonReply(
          asked.view === "summary"
            ? foundText(await lists.summaries(asked, position), summaryText)
            : foundText(await lists.full(asked, position), topText),
        );
      },
      {
        detail: {
          tags,
          summary: "List runs",
          description: LIST_DESCRIPTION,
          parameters: [...RUN_PARAMETERS, READ_AFTER_PARAMETER],
          responses: responses("A page of runs", FoundPage, 404, 422, 500, 503),
        },
      },
    )
    .get(
      "/runs/:run_id",
      async ({ params, query }) => {
        const view = readViewQuery(query);
        if (view.view === "outline") return jsonReply(outlineText(await steps.outline(params.run_id)));
        const run = await runs.get(params.run_id);
        return jsonReply(view.steps === "top" ? topText(run) : runText(run));
      },
      {
        detail: {
          tags,
          summary: "Read a run",
          parameters: [
            { name: "run_id", in: "path", required: true, schema: { type: "string", minLength: 1 } },
            ...VIEW_PARAMETERS,
          ],
          responses: responses(
            "The run",
            Type.Union([Type.Unsafe(reference("Run")), Type.Unsafe(reference("RunOutline"))]),
            404,
            422,
            500,
            503,
          ),
        },
      },
    );
}

/** How many workflows triggered one another up to a request: 0 where no webhook of ours sent it. @throws ValidationFailed */
function depthOf(request: Request): number {
  const text = request.headers.get(DEPTH_HEADER);
  if (text === null) return 0;
  if (!/^\d{1,9}$/.test(text))
    throw new ValidationFailed([{ loc: ["header", DEPTH_HEADER], msg: NO_DEPTH, type: "value_error" }]);
  return Number(text);
}
