import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { isoTime } from "../../clock.ts";
import { readBackfill, readSchedule } from "../../language/schedules/input.ts";
import { nextTicks, timingOf } from "../../language/schedules/timing.ts";
import type { ScheduleSettings } from "../../schemas/schedule.ts";
import type { ScheduleService } from "../../services/schedules/schedules.ts";
import type { ScheduleRecord } from "../../storage/port.ts";
import { BODY_ERRORS, pageOf, reference, requestBody, responses } from "../openapi/documents.ts";
import { readBody } from "../request/body/body.ts";
import { depthOf } from "../request/depth.ts";
import { PAGE_PARAMETERS, readPageQuery } from "../request/queries/query.ts";
import type { ReadAfter } from "../request/read-after.ts";
import { jsonReply, pageText } from "./views.ts";

const Triggered = Type.Object({ run_id: Type.String({ format: "uuid" }), status: Type.Literal("triggered") });
const Previewed = Type.Object({
  next_runs: Type.Array(Type.String({ format: "date-time" }), { maxItems: 5, description: "Before jitter" }),
});
const Deleted = Type.Object({ message: Type.String(), schedule_id: Type.String() });
const ID = {
  name: "schedule_id",
  in: "path" as const,
  required: true,
  schema: { type: "string" as const, minLength: 1 },
  description: "The id its author gave it, or that which it got",
};
const tags = ["schedules"];
/** How many of its next ticks are shown. */
const NEXT_RUNS = 5;

/** Schedules: what starts runs at times. */
export function scheduleRoutes(schedules: ScheduleService, readAfter: ReadAfter) {
  return new Elysia({ prefix: "/api/v1/schedules", normalize: false })
    .post(
      "",
      async ({ request }) => jsonReply(scheduleText(await schedules.create(readSchedule(await readBody(request))))),
      {
        detail: {
          tags,
          summary: "Create a schedule",
          requestBody: requestBody("ScheduleInput"),
          responses: responses("The schedule", reference("Schedule"), 404, 409, ...BODY_ERRORS),
        },
      },
    )
    .post(
      "/preview",
      async ({ request }) => {
        const ticks = schedules.preview(readSchedule(await readBody(request)), NEXT_RUNS);
        return jsonReply(JSON.stringify({ next_runs: ticks.map(isoTime) }));
      },
      {
        detail: {
          tags,
          summary: "Say when a schedule would fire",
          description:
            "It is checked as one that is created, but for its workflow, which need not be there yet; it is not stored.",
          requestBody: requestBody("ScheduleInput"),
          responses: responses("Its first ticks", Previewed, ...BODY_ERRORS),
        },
      },
    )
    .get("", async ({ request }) => jsonReply(pageText(await schedules.list(readPageQuery(request)), scheduleText)), {
      detail: {
        tags,
        summary: "List schedules",
        parameters: PAGE_PARAMETERS,
        responses: responses("A page of schedules", pageOf("Schedule"), 422, 500, 503),
      },
    })
    .get("/:schedule_id", async ({ params }) => jsonReply(scheduleText(await schedules.get(params.schedule_id))), {
      detail: {
        tags,
        summary: "Read a schedule",
        parameters: [ID],
        responses: responses("The schedule", reference("Schedule"), 404, 500, 503),
      },
    })
    .put(
      "/:schedule_id",
      async ({ params, request }) =>
        jsonReply(scheduleText(await schedules.replace(params.schedule_id, readSchedule(await readBody(request))))),
      {
        detail: {
          tags,
          summary: "Replace a schedule",
          description: "Ticks that wait for the end of a run, and a backfill under way, are given up.",
          parameters: [ID],
          requestBody: requestBody("ScheduleInput"),
          responses: responses("The schedule", reference("Schedule"), 404, ...BODY_ERRORS),
        },
      },
    )
    .delete(
      "/:schedule_id",
      async ({ params: { schedule_id } }) => {
        await schedules.delete(schedule_id);
        return jsonReply(JSON.stringify({ message: "Schedule deleted successfully", schedule_id }));
      },
      {
        detail: {
          tags,
          summary: "Delete a schedule; its runs stay",
          parameters: [ID],
          responses: responses("Deleted", Deleted, 404, 500, 503),
        },
      },
    )
    .post(
      "/:schedule_id/run",
      async ({ params, request }) => {
        const run = await schedules.run(params.schedule_id, depthOf(request));
        return readAfter.reply(`{"run_id":"${run}","status":"triggered"}`);
      },
      {
        detail: {
          tags,
          summary: "Start a run of a schedule now",
          description: "Beside its ticks, and also while it is paused or a run of it is under way.",
          parameters: [ID],
          responses: responses("The run is stored and will be executed", Triggered, 404, 409, 422, 500, 503),
        },
      },
    )
    .post(
      "/:schedule_id/backfill",
      async ({ params, request }) => {
        const { count, first, last } = await schedules.backfill(
          params.schedule_id,
          readBackfill(await readBody(request)),
        );
        return jsonReply(JSON.stringify({ count, first: timeOf(first), last: timeOf(last) }));
      },
      {
        detail: {
          tags,
          summary: "Fire the ticks of a stretch of the past",
          description:
            "At most 1,000. Unless overlap is allow they run one after the other, when no tick of the schedule itself waits.",
          parameters: [ID],
          requestBody: requestBody("BackfillInput"),
          responses: responses("How many ticks there are", reference("BackfillTicks"), 404, 409, ...BODY_ERRORS),
        },
      },
    );
}

/** A schedule as the contract shows it. */
function scheduleText(schedule: ScheduleRecord): string {
  const { id, workflow, settings: text, position, lastRunId, skipped, createdAt, updatedAt } = schedule;
  const settings: ScheduleSettings = JSON.parse(text);
  const { timezone = "UTC", overlap = "skip", catch_up = 1, paused = false } = settings;
  const { nextAt, backfill } = position;
  const next = nextAt === null ? [] : nextTicks(timingOf(settings, id, createdAt), nextAt - 1, NEXT_RUNS);
  return JSON.stringify({
    id,
    workflow_id: workflow,
    ...settings,
    ...{ timezone, overlap, catch_up, paused },
    next_runs: next.map(isoTime),
    last_run_id: lastRunId,
    last_skipped: skipped === null ? null : { scheduled_at: isoTime(skipped.tick), reason: skipped.reason },
    backfill: backfill === null ? null : { next: isoTime(backfill.next), to: isoTime(backfill.to) },
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  });
}

function timeOf(moment: number | null): string | null {
  return moment === null ? null : isoTime(moment);
}
