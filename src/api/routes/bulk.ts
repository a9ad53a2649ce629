import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { BulkService } from "../../services/bulk/bulk.ts";
import type { RepeatableRequests } from "../../services/repeatable.ts";
import type { BulkRecord } from "../../storage/port.ts";
import { acceptedResponse, BODY_ERRORS, reference, requestBody, responses } from "../openapi/documents.ts";
import { readBody } from "../request/body.ts";
import { readBulk } from "../request/bulk.ts";
import { IDEMPOTENCY_PARAMETER, idempotencyKeyOf, marked } from "../request/idempotency.ts";
import type { ReadAfter } from "../request/read-after.ts";
import { jsonReply } from "./views.ts";

const Counted = Type.Object({
  count: Type.Integer({ minimum: 0, description: "Runs that fit now" }),
  more: Type.Boolean({
    description: "Whether there may be others: no more than 10,000 runs are looked at, for 100 ms",
  }),
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
        if (isDry) return jsonReply(JSON.stringify(await bulk.count(asked)));
        const key = idempotencyKeyOf(request, ROUTE, body);
        const { answer, isReplayed } = await requests.once(key, () => bulk.create(asked, key));
        return marked(await readAfter.reply(`{"bulk_id":"${answer}"}`, 202), isReplayed);
      },
      {
        detail: {
          tags,
          summary: "Cancel, pause, resume or retry all runs that fit",
          description:
            "It is on disk before this answers, and carried out then, each run once. With `dry_run` the runs are only counted.",
          parameters: [IDEMPOTENCY_PARAMETER],
          requestBody: requestBody("BulkInput"),
          responses: {
            ...responses("With dry_run: how many runs fit", Counted, 404, ...BODY_ERRORS),
            ...acceptedResponse("It will be carried out", Accepted),
          },
        },
      },
    )
    .get("/:bulk_id", async ({ params }) => jsonReply(bulkText(await bulk.find(params.bulk_id))), {
      detail: {
        tags,
        summary: "Read how far an action upon runs is",
        parameters: [ID],
        responses: responses("How far it is", reference("Bulk"), 404, 500, 503),
      },
    })
    .delete("/:bulk_id", async ({ params }) => jsonReply(bulkText(await bulk.stop(params.bulk_id))), {
      detail: {
        tags,
        summary: "Stop an action upon runs",
        description: "What was done stays. One that is over stays as it is.",
        parameters: [ID],
        responses: responses("How far it came", reference("Bulk"), 404, 500, 503),
      },
    });
}

function bulkText({ status, total, done, failed }: BulkRecord): string {
  return JSON.stringify({ status, total, done, failed });
}
