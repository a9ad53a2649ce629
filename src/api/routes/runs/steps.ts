import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { RunSteps } from "../../../services/finding/run-steps.ts";
import { reference, responses } from "../../openapi/documents.ts";
import {
  DETAIL_PARAMETERS,
  readStepDetailQuery,
  readStepQuery,
  STEP_PARAMETERS,
} from "../../request/queries/step-query.ts";
import { jsonReply } from "../views.ts";

const StepPage = Type.Object({
  items: Type.Array(Type.Unsafe(reference("RunStep"))),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
  limit: Type.Integer(),
});
const tags = ["runs"];
const path = (name: string) => ({
  name,
  in: "path" as const,
  required: true,
  schema: { type: "string" as const, minLength: 1 },
});
const RUN = path("run_id");
const ADDRESS = { ...path("address"), description: "Of the step, percent-encoded: one segment of the path" };

/** What the steps of a run came to, a part at a time. */
export function stepRoutes(steps: RunSteps) {
  return new Elysia({ prefix: "/api/v1/runs/:run_id/steps", normalize: false })
    .get(
      "",
      async ({ params, request }) => {
        const { items, nextCursor, limit } = await steps.list(params.run_id, readStepQuery(request));
        return jsonReply(JSON.stringify({ items, next_cursor: nextCursor, limit }));
      },
      {
        detail: {
          tags,
          summary: "List the steps of a run",
          description: "Those that have begun, in the order of the definition, without their outputs.",
          parameters: [RUN, ...STEP_PARAMETERS],
          responses: responses("A page of steps", StepPage, 404, 422, 500, 503),
        },
      },
    )
    .get(
      "/:address",
      async ({ params, request }) => {
        const limits = readStepDetailQuery(request);
        return jsonReply(JSON.stringify(await steps.get(params.run_id, params.address, limits)));
      },
      {
        detail: {
          tags,
          summary: "Read a step of a run",
          description:
            "One that has begun, or one at the top that has yet to. Its input is computed of what is stored, with what ran it.",
          parameters: [RUN, ADDRESS, ...DETAIL_PARAMETERS],
          responses: responses("The step", reference("RunStepDetail"), 404, 422, 500, 503),
        },
      },
    )
    .get(
      "/:address/items",
      async ({ params }) => jsonReply(JSON.stringify(await steps.items(params.run_id, params.address))),
      {
        detail: {
          tags,
          summary: "Say what became of each item of a map",
          description: "In a letter each. What is in an item is listed with `under`, such as `prices[3]`.",
          parameters: [RUN, ADDRESS],
          responses: responses("The items", reference("MapItems"), 404, 500, 503),
        },
      },
    )
    .get(
      "/:address/output",
      async ({ params }) => jsonReply(JSON.stringify(await steps.output(params.run_id, params.address))),
      {
        detail: {
          tags,
          summary: "Read the output of a step",
          description: "Nothing around it; null where it has none.",
          parameters: [RUN, ADDRESS],
          responses: responses("Its output", Type.Unknown({ description: "Any JSON" }), 404, 500, 503),
        },
      },
    );
}
