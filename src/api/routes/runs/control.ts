import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { CancelInput, Nothing, RetryInput } from "../../../schemas/control/control-input.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import type { Controlled, ControlService } from "../../../services/control.ts";
import type { RepeatableRequests } from "../../../services/repeatable.ts";
import { type RetryService, retriedBy } from "../../../services/retries.ts";
import { acceptedResponse, BODY_ERRORS, optionalBody, responses } from "../../openapi/documents.ts";
import { readOptionalBody } from "../../request/body/body.ts";
import { depthOf } from "../../request/depth.ts";
import { IDEMPOTENCY_PARAMETER, idempotencyKeyOf, marked } from "../../request/idempotency.ts";
import type { ReadAfter } from "../../request/read-after.ts";
import { traceOf } from "../../request/watching/traces.ts";
import { jsonReply } from "../views.ts";

const cancelInput = checkOf(CancelInput);
const retryInput = checkOf(RetryInput);
const nothing = checkOf(Nothing);

const answer = (description: string) =>
  Type.Object({ run_id: Type.String({ format: "uuid" }), status: Type.String({ description }) });
const DONE = answer("Of the run");
const tags = ["runs"];
const RUN_ID = {
  name: "run_id",
  in: "path" as const,
  required: true,
  schema: { type: "string" as const, minLength: 1 },
};

const Retried = Type.Object({
  run_id: Type.Optional(Type.String({ format: "uuid", description: "Of the new run; absent from a dry run" })),
  will_run: Type.Array(Type.String(), { description: "The addresses of the steps that run again; up to 1,000" }),
});

/** Requests to runs: to end, to stand still, to go on. */
export function controlRoutes(
  control: ControlService,
  retries: RetryService,
  requests: RepeatableRequests,
  readAfter: ReadAfter,
) {
  const reply = ({ uuid, status, isDone }: Controlled) =>
    readAfter.reply(`{"run_id":"${uuid}","status":"${status}"}`, isDone ? 200 : 202);
  return new Elysia({ prefix: "/api/v1", normalize: false })
    .post(
      "/runs/:run_id/cancel",
      async ({ params, request }) => {
        const { reason, compensate } = checked(cancelInput, await readOptionalBody(request), "body");
        const said = {
          ...(reason !== undefined && { reason }),
          ...(compensate !== undefined && { compensates: compensate }),
        };
        return reply(await control.cancel(params.run_id, said));
      },
      {
        detail: {
          tags,
          summary: "Cancel a run",
          description:
            "What is under way is given up, runs that it waits for are cancelled, what succeeded is undone, and the run ends as `cancelled`. The same again answers the same.",
          parameters: [RUN_ID],
          requestBody: optionalBody("CancelInput"),
          responses: {
            ...responses("The run is cancelled", DONE, 404, 409, ...BODY_ERRORS),
            ...acceptedResponse("The run is being cancelled", answer("cancelling")),
          },
        },
      },
    )
    .post(
      "/runs/:run_id/pause",
      async ({ params, request }) => {
        checked(nothing, await readOptionalBody(request), "body");
        return reply(await control.pause(params.run_id));
      },
      {
        detail: {
          tags,
          summary: "Pause a run",
          description:
            "Nothing of it begins any more, its times stand still, and signals are kept. What has begun ends. The same again answers the same.",
          parameters: [RUN_ID],
          responses: {
            ...responses("The run stands still", DONE, 404, 409, ...BODY_ERRORS),
            ...acceptedResponse("It will once what has begun is over", answer("pausing")),
          },
        },
      },
    )
    .post(
      "/runs/:run_id/resume",
      async ({ params, request }) => {
        checked(nothing, await readOptionalBody(request), "body");
        return reply(await control.resume(params.run_id));
      },
      {
        detail: {
          tags,
          summary: "Resume a run",
          description:
            "It goes on; what it waits for comes later by the time of the pause. One that is not paused goes on anyway.",
          parameters: [RUN_ID],
          responses: responses("The run goes on", DONE, 404, 409, ...BODY_ERRORS),
        },
      },
    )
    .post(
      "/runs/:run_id/retry",
      async ({ params, request }) => {
        const body = await readOptionalBody(request);
        const input = checked(retryInput, body, "body");
        const runId = params.run_id.toLowerCase();
        if (input.dry_run === true) {
          return jsonReply(JSON.stringify({ will_run: await retries.wouldRun(runId, input) }));
        }
        const key = idempotencyKeyOf(request, `retry ${runId}`, body);
        const { answer, isReplayed } = await requests.once(key, () =>
          retries.retry(runId, input, { depth: depthOf(request), trace: traceOf(request) }, key),
        );
        const { uuid, willRun } = retriedBy(answer);
        return marked(await readAfter.reply(JSON.stringify({ run_id: uuid, will_run: willRun })), isReplayed);
      },
      {
        detail: {
          tags,
          summary: "Try a run again",
          description:
            "A new run, with `retry_of`, that keeps what the run that is over did before a step, and does the rest. It is on disk before this answers.",
          parameters: [RUN_ID, IDEMPOTENCY_PARAMETER],
          requestBody: optionalBody("RetryInput"),
          responses: responses("The new run is stored", Retried, 404, 409, ...BODY_ERRORS),
        },
      },
    );
}
