import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { RunLists } from "../../../services/finding/run-lists.ts";
import type { RunSteps } from "../../../services/finding/run-steps.ts";
import type { RunWaits } from "../../../services/run-waits.ts";
import type { RunService } from "../../../services/runs.ts";
import { reference, responses } from "../../openapi/documents.ts";
import { readPageQuery } from "../../request/queries/query.ts";
import { RUN_PARAMETERS, readRunQuery, readWaitingQuery, WAITING_PARAMETERS } from "../../request/queries/run-query.ts";
import { readViewQuery, VIEW_PARAMETERS } from "../../request/queries/step-query.ts";
import { WAIT_PARAMETER, waitOf } from "../../request/queries/wait.ts";
import { READ_AFTER_PARAMETER, type ReadAfter } from "../../request/read-after.ts";
import { jsonReply, pageText, runText } from "../views.ts";
import { FoundPage, foundText, outlineText, summaryText, topText, WaitingPage, waitingText } from "./run-views.ts";

const tags = ["runs"];
const RUN = { name: "run_id", in: "path" as const, required: true, schema: { type: "string" as const, minLength: 1 } };
const PayloadOfRun = Type.Record(Type.String(), Type.Unknown(), { description: "Any JSON object" });
const DefinitionOfRun = Type.Object(
  { steps: Type.Array(Type.Unknown()) },
  { additionalProperties: true, description: "As WorkflowInput has it" },
);
const LIST_DESCRIPTION =
  "Newest first. With a filter or a view the page has prev_cursor and looked_to as well. One request looks at 10,000 runs at most, for 100 ms: a page that ended for that says how far it came in looked_to, and its next_cursor goes on from there.";

/** Runs as they are read. */
export function runRoutes(
  { runs, lists, steps, waits }: { runs: RunService; lists: RunLists; steps: RunSteps; waits: RunWaits },
  readAfter: ReadAfter,
) {
  return new Elysia({ prefix: "/api/v1", normalize: false })
    .get(
      "/runs",
      async ({ request }) => {
        const position = readAfter.of(request);
        const asked = readRunQuery(request);
        if (asked === null) return jsonReply(pageText(await runs.list(readPageQuery(request), position), runText));
        return jsonReply(
          asked.view === "summary"
            ? foundText(await lists.rows(asked, position), summaryText)
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
      "/waiting",
      async ({ request }) => {
        const page = await lists.waiting(readWaitingQuery(request), readAfter.of(request));
        return jsonReply(foundText(page, waitingText));
      },
      {
        detail: {
          tags,
          summary: "List runs that wait for a signal",
          description: "Oldest first, each with its steps that wait, without payload and results.",
          parameters: [...WAITING_PARAMETERS, READ_AFTER_PARAMETER],
          responses: responses("A page of them", WaitingPage, 404, 422, 500, 503),
        },
      },
    )
    .get(
      "/runs/:run_id",
      async ({ params, request }) => {
        const view = readViewQuery(request);
        const seconds = waitOf(request);
        if (seconds !== null) await untilEnded(params.run_id, seconds, request.signal);
        if (view.view === "outline") {
          const outline = await steps.outline(params.run_id);
          return jsonReply(outlineText(outline, await runs.awaitedBy(outline.run)));
        }
        const run = await runs.get(params.run_id);
        const awaited = await runs.awaitedBy(run);
        return jsonReply(view.steps === "top" ? topText(run, awaited) : runText(run, { awaited }));
      },
      {
        detail: {
          tags,
          summary: "Read a run",
          description: "With `wait` once it has ended, or when the time is over.",
          parameters: [RUN, ...VIEW_PARAMETERS, WAIT_PARAMETER],
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
    )
    .get("/runs/:run_id/payload", async ({ params }) => jsonReply((await runs.get(params.run_id)).payload), {
      detail: {
        tags,
        summary: "Read the payload of a run",
        description: "Nothing around it.",
        parameters: [RUN],
        responses: responses("Its payload", PayloadOfRun, 404, 500, 503),
      },
    })
    .get("/runs/:run_id/definition", async ({ params }) => jsonReply(await runs.definition(params.run_id)), {
      detail: {
        tags,
        summary: "Read the definition of a run",
        description:
          "The steps of the version that it runs under, and what else that says but its names; also once its workflow was deleted.",
        parameters: [RUN],
        responses: responses("Its definition", DefinitionOfRun, 404, 500, 503),
      },
    });

  /** @throws PlatformError run_not_found, too_many_waiting */
  async function untilEnded(id: string, seconds: number, gone: AbortSignal): Promise<void> {
    const { uuid, completedAt } = await runs.get(id);
    if (completedAt !== null) return;
    const place = waits.enter();
    try {
      await place.until(runs.keyOf(uuid), seconds * 1000, gone);
    } finally {
      place.leave();
    }
  }
}
