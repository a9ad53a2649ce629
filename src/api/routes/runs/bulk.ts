import { type Static, Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { isoTime } from "../../../clock.ts";
import { isErrorCode, PlatformError } from "../../../errors.ts";
import { type Bulk, type BulkError, MOST_BULK_ERRORS } from "../../../schemas/control/bulk.ts";
import type { RunCriteria, RunFilter } from "../../../schemas/lists/run-query.ts";
import type { BulkCounted, BulkService } from "../../../services/bulk/bulk.ts";
import type { RepeatableRequests } from "../../../services/repeatable.ts";
import type { BulkRecord } from "../../../storage/port.ts";
import { acceptedResponse, BODY_ERRORS, pageOf, reference, requestBody, responses } from "../../openapi/documents.ts";
import { readBody } from "../../request/body/body.ts";
import { depthOf } from "../../request/depth.ts";
import { IDEMPOTENCY_PARAMETER, idempotencyKeyOf, marked } from "../../request/idempotency.ts";
import { BULK_PARAMETERS, readBulk, readBulkQuery } from "../../request/queries/bulk.ts";
import type { ReadAfter } from "../../request/read-after.ts";
import { jsonReply } from "../views.ts";

const Counted = Type.Object({
  count: Type.Integer({ minimum: 0, description: "Runs that fit now" }),
  more: Type.Boolean({
    description: "Whether there may be others: no more than 10,000 runs are looked at, for 100 ms",
  }),
  looked: Type.Integer({
    minimum: 0,
    description: "Of how many of these, the newest first, it was tried out: 100 at most, of a retry for 100 ms",
  }),
  failed: Type.Integer({ minimum: 0, description: "For how many of those it would be refused" }),
  errors: Type.Array(Type.Unsafe(reference("BulkError")), { description: "Why, as of an action" }),
});
const Accepted = Type.Object({ bulk_id: Type.String({ format: "uuid" }) });
const ID = {
  name: "bulk_id",
  in: "path" as const,
  required: true,
  schema: { type: "string" as const, minLength: 1 },
};
/** Of keys of requests. */
const ROUTE = "runs bulk";
const tags = ["runs"];

/** Actions upon all runs that fit a filter. */
export function bulkRoutes(bulk: BulkService, requests: RepeatableRequests, readAfter: ReadAfter) {
  return new Elysia({ prefix: "/api/v1/runs/bulk", normalize: false })
    .post(
      "",
      async ({ request }) => {
        const body = await readBody(request);
        const { asked, isDry } = readBulk(body);
        if (isDry) return jsonReply(JSON.stringify(countedView(await bulk.count(asked))));
        const key = idempotencyKeyOf(request, ROUTE, body);
        const depth = depthOf(request);
        const { answer, isReplayed } = await requests.once(key, () => bulk.create({ ...asked, depth }, key));
        return marked(await readAfter.reply(`{"bulk_id":"${answer}"}`, 202), isReplayed);
      },
      {
        detail: {
          tags,
          summary: "Cancel, pause, resume or retry all runs that fit",
          description:
            "It is on disk before this answers, and carried out then, each run once. With `dry_run` the runs are only counted, and of some it is said whether it would be refused.",
          parameters: [IDEMPOTENCY_PARAMETER],
          requestBody: requestBody("BulkInput"),
          responses: {
            ...responses("With dry_run: how many runs fit", Counted, 404, ...BODY_ERRORS),
            ...acceptedResponse("It will be carried out", Accepted),
          },
        },
      },
    )
    .get(
      "",
      async ({ request }) => {
        const { items, nextCursor, limit } = await bulk.list(readBulkQuery(request));
        return jsonReply(JSON.stringify({ items: items.map(bulkView), next_cursor: nextCursor, limit }));
      },
      {
        detail: {
          tags,
          summary: "List actions upon runs, newest first",
          parameters: BULK_PARAMETERS,
          responses: responses("A page of actions", pageOf("Bulk"), 422, 500, 503),
        },
      },
    )
    .get("/:bulk_id", async ({ params }) => jsonReply(JSON.stringify(bulkView(await bulk.find(params.bulk_id)))), {
      detail: {
        tags,
        summary: "Read how far an action upon runs is",
        parameters: [ID],
        responses: responses("How far it is", reference("Bulk"), 404, 500, 503),
      },
    })
    .delete("/:bulk_id", async ({ params }) => jsonReply(JSON.stringify(bulkView(await bulk.stop(params.bulk_id)))), {
      detail: {
        tags,
        summary: "Stop an action upon runs",
        description: "What was done stays. One that is over stays as it is.",
        parameters: [ID],
        responses: responses("How far it came", reference("Bulk"), 404, 500, 503),
      },
    });
}

function countedView({ errors, ...counted }: BulkCounted): Static<typeof Counted> {
  return { ...counted, errors: errorsView(errors) };
}

function bulkView({ uuid, action, settings, errors, createdAt, endedAt, ...record }: BulkRecord): Static<typeof Bulk> {
  const { filter, compensates, depth: _, ...said } = settings;
  const { status, total, done, failed } = record;
  return {
    ...{ bulk_id: uuid, action, filter: criteriaOf(filter), ...said },
    ...(compensates !== undefined && { compensate: compensates }),
    ...{ status, total, done, failed, errors: errorsView(errors) },
    created_at: isoTime(createdAt),
    ended_at: endedAt === null ? null : isoTime(endedAt),
  };
}

function errorsView(errors: BulkRecord["errors"]): Static<typeof BulkError>[] {
  return Object.entries(errors)
    .sort(([, one], [, other]) => other.count - one.count)
    .slice(0, MOST_BULK_ERRORS)
    .map(([code, { count, run, subject }]) => ({ code, detail: detailOf(code, subject), count, run_id: run }));
}

/** The sentence of an error; another version may have stored a code that this one does not know. */
function detailOf(code: string, subject: string): string {
  if (code === "validation_failed" && subject !== "") return subject;
  return isErrorCode(code) ? new PlatformError(code, subject).message : code;
}

/** What runs are filtered by, in the words of their list. */
function criteriaOf(filter: RunFilter): Static<typeof RunCriteria> {
  const {
    statuses,
    uuids,
    workflowUuid,
    parentRunId,
    rootRunId,
    retryOf,
    createdFrom,
    createdTo,
    hasWaited: _,
    ...same
  } = filter;
  return {
    ...same,
    ...(statuses !== undefined && { status: statuses }),
    ...(uuids !== undefined && { uuid: uuids }),
    ...(workflowUuid !== undefined && { workflow: workflowUuid }),
    ...(parentRunId !== undefined && { parent_run_id: parentRunId }),
    ...(rootRunId !== undefined && { root_run_id: rootRunId }),
    ...(retryOf !== undefined && { retry_of: retryOf }),
    ...(createdFrom !== undefined && { created_from: isoTime(createdFrom) }),
    ...(createdTo !== undefined && { created_to: isoTime(createdTo) }),
  };
}
