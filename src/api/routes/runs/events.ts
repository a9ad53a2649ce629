import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { type Clock, isoTime } from "../../../clock.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import { EventPage, type ListEventType } from "../../../schemas/runs/run-event.ts";
import type { HistoryService } from "../../../services/history/history.ts";
import type { ChangeBatch, RunChange } from "../../../services/history/live-runs.ts";
import type { EventBatch } from "../../../services/history/streams.ts";
import { responses } from "../../openapi/documents.ts";
import { eventStreamReply, messageText } from "../../request/event-stream.ts";
import { numbers, parameters, queryReader } from "../../request/queries/query.ts";
import { FILTER_PARAMETERS, readFilterQuery } from "../../request/queries/run-query.ts";
import { jsonReply, sharedText } from "../views.ts";
import { summaryText } from "./run-views.ts";

const EventQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: "The id of the last event that the reader has" }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1000 })),
  },
  { additionalProperties: false },
);
const LAST = "last-event-id";
const LastEventId = Type.Object({ [LAST]: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }) });

const eventQuery = queryReader(EventQuery);
const lastEventId = checkOf(LastEventId);

/** What happened to a run. */
export function eventRoutes(history: HistoryService, clock: Clock) {
  return new Elysia({ prefix: "/api/v1", normalize: false })
    .get(
      "/events",
      async ({ request }) => eventStreamReply(await history.followList(readFilterQuery(request)), changesText, clock),
      {
        detail: {
          tags: ["runs"],
          summary: "Follow a list of runs",
          description:
            "Server-sent events: a run that is new among the newest 200 that fit, has another status than before, or has gone on with its steps, with its summary. After `resync` the list has to be read again, as after a new connection.",
          parameters: FILTER_PARAMETERS,
          responses: responses("Events, until the reader goes", Type.String(), 404, 422, 500, 503),
        },
      },
    )
    .get(
      "/runs/:run_id/events",
      async ({ params, request }) => {
        const { after = 0, limit } = eventQuery(request);
        if (!request.headers.get("accept")?.includes("text/event-stream")) {
          return jsonReply(JSON.stringify(await history.page(params.run_id, after, limit)));
        }
        const last = afterOf(request) ?? after;
        const textOf = ({ events }: EventBatch) =>
          events
            .map((event) => (event.id > last ? messageText(event.type, JSON.stringify(event), event.id) : ""))
            .join("");
        const stream = await history.follow(params.run_id, last);
        // It tells an EventSource not to come again.
        return stream === null ? new Response(null, { status: 204 }) : eventStreamReply(stream, textOf, clock);
      },
      {
        detail: {
          tags: ["runs"],
          summary: "Read what happened to a run",
          description:
            "All events so far, or with `Accept: text/event-stream` each as it happens until the run ends. A reader that lost its connection goes on behind the event that it names in `Last-Event-ID`.",
          parameters: [
            { name: "run_id", in: "path", required: true, schema: { type: "string", minLength: 1 } },
            ...parameters(EventQuery),
            { name: LAST, in: "header", schema: { type: "integer", minimum: 0 } },
          ],
          responses: {
            ...responses("The events, in order", EventPage, 404, 422, 500, 503),
            204: { description: "To a reader of a stream that has the last event" },
          },
        },
      },
    );
}

/** What a reader says when it comes again; null at first. @throws ValidationFailed */
function afterOf({ headers }: Request): number | null {
  const id = headers.get(LAST);
  if (id === null || id === "") return null;
  return checked(lastEventId, numbers({ [LAST]: id }, [LAST], "header"), "header")[LAST];
}

/** What a run has come to that has a status now, and did not before. */
const TYPES = {
  pending: "run.created",
  running: "run.started",
  paused: "run.paused",
  success: "run.ended",
  failed: "run.ended",
  cancelled: "run.ended",
} as const;

/** Those who follow the same list are told the same. */
function changesText({ changes, missed }: ChangeBatch): string {
  const told = changes.map((change) => sharedText(change, changeText, () => changeText(change)));
  return `${missed ? messageText("resync", "{}") : ""}${told.join("")}`;
}

function changeText({ run, isProgress, seenAt }: RunChange): string {
  const type = isProgress ? "run.progressed" : TYPES[run.status];
  const times: Record<ListEventType, number | null> = {
    "run.created": run.createdAt,
    "run.started": run.startedAt,
    "run.progressed": null,
    "run.paused": null,
    "run.ended": run.completedAt,
  };
  const at = isoTime(times[type] ?? seenAt);
  return messageText(type, `{"at":"${at}","type":"${type}","run_id":"${run.uuid}","data":{"run":${summaryText(run)}}}`);
}
