import { Type } from "@sinclair/typebox";
import { isoTime } from "../../../clock.ts";
import { timeOfId } from "../../../ids.ts";
import type { OutlineStep } from "../../../schemas/lists/step-query.ts";
import { type Awaited, waitingIn } from "../../../schemas/log/waits.ts";
import { MAX_SUMMARY_BYTES } from "../../../schemas/runs/run-summary.ts";
import { MAX_WAITING } from "../../../schemas/runs/waiting.ts";
import type { RowProgress, RunRow } from "../../../services/finding/row-progress.ts";
import type { WaitingRun } from "../../../services/finding/run-finder.ts";
import type { PageOfFound } from "../../../services/finding/run-lists.ts";
import type { RunRecord, RunSummary } from "../../../storage/port.ts";
import { reference } from "../../openapi/documents.ts";
import { runText, sharedText, timeText } from "../views.ts";

const cursor = Type.Union([Type.String(), Type.Null()]);

/** A page of the list of runs, for OpenAPI. */
export const FoundPage = Type.Object({
  items: Type.Array(Type.Union([Type.Unsafe(reference("Run")), Type.Unsafe(reference("RunSummary"))])),
  next_cursor: cursor,
  prev_cursor: Type.Optional(cursor),
  limit: Type.Integer(),
  looked_to: Type.Optional(
    Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
      description: "How far it looked, where the page ended before it was full and there may be more",
    }),
  ),
});

/** A page of runs that wait for a signal, for OpenAPI. */
export const WaitingPage = Type.Object({
  ...FoundPage.properties,
  items: Type.Array(Type.Unsafe(reference("WaitingRun"))),
});

/** A page of runs that fit a query. Requests share the text of its items: two hundred who watch a list read it again together. */
export function foundText<Run>(page: PageOfFound<Run>, itemText: (item: Run) => string): string {
  const { items, nextCursor, prevCursor, limit, lookedTo } = page;
  const lookedAt = lookedTo === null ? null : timeOfId(lookedTo);
  const text = sharedText(items, itemText, () => items.map((item) => itemText(item)).join(","));
  return `{"items":[${text}],"next_cursor":${JSON.stringify(nextCursor)},"prev_cursor":${JSON.stringify(prevCursor)},"limit":${limit},"looked_to":${timeText(lookedAt)}}`;
}

/** A run with the results of its steps at the top alone. */
export function topText(run: RunRecord, awaited: Awaited = new Map()): string {
  return runText(run, { results: topResults, awaited });
}

/** A run without its payload and what its steps gave. */
export function outlineText({ run, steps }: { run: RunRecord; steps: OutlineStep[] }, awaited: Awaited): string {
  const { payload: _, step_results: __, output: ___, ...shown }: Record<string, unknown> = JSON.parse(runText(run));
  // Also where nothing but delays is waited for, which the run itself leaves out.
  const waiting = waitingIn(run, awaited).slice(0, MAX_WAITING);
  const waits = waiting.length > 0 ? { waiting } : {};
  return JSON.stringify({ ...shown, ...waits, payload_bytes: Buffer.byteLength(run.payload), steps });
}

function topResults(text: string): string {
  if (!text.includes('"path":')) return text;
  const results: Record<string, { path?: string }> = JSON.parse(text);
  const top = Object.entries(results).filter(([, { path }]) => !path?.includes("/"));
  return `{${top.map(([name, result]) => `${JSON.stringify(name)}:${JSON.stringify(result)}`).join(",")}}`;
}

/** Bytes of a workflow's id or name in a summary, and characters of an error. */
const MOST_OF_NAME = 64;
const MOST_OF_ERROR = 200;
/** Bytes that is left to an error, whatever else could be told, and that the name of a step takes at least. */
const LEAST_OF_ERROR = 30;
const LEAST_OF_NAME = 16;

/** A run in at most MAX_SUMMARY_BYTES. */
export function summaryText(run: RunSummary & Partial<Pick<RunRow, "progress">>): string {
  const { uuid, workflowUuid, workflowId, workflowName, wakeAt, parentRunId, rootRunId, progress = null } = run;
  const workflow = `{"uuid":"${workflowUuid}","id":${fitted(workflowId, MOST_OF_NAME)},"name":${fitted(workflowName, MOST_OF_NAME)}}`;
  const times = `"created_at":"${isoTime(run.createdAt)}","started_at":${timeText(run.startedAt)},"completed_at":${timeText(run.completedAt)}`;
  const sleep = wakeAt === null ? "" : `,"wake_at":"${isoTime(wakeAt)}"`;
  const family = parentRunId === null ? "" : `,"parent_run_id":"${parentRunId}","root_run_id":"${rootRunId}"`;
  const head = `{"uuid":"${uuid}","workflow":${workflow},"workflow_version":${run.workflowVersion},"status":"${run.status}",${times},"error":`;
  const tail = `${sleep}${family}`;
  const room = MAX_SUMMARY_BYTES - Buffer.byteLength(head) - tail.length - "}".length;
  const progressed = progressText(progress, room - (run.error === null ? "null".length : LEAST_OF_ERROR));
  return `${head}${fitted(run.error, room - Buffer.byteLength(progressed), MOST_OF_ERROR)}${tail}${progressed}}`;
}

/** How far a run is, and the step that it is at, the name cut to the room that there is: nothing of what has none. */
function progressText(progress: RowProgress | null, room: number): string {
  if (progress === null) return "";
  const { current, ...steps } = progress;
  const counts = `,"steps":${JSON.stringify(steps)}`;
  if (counts.length > room) return "";
  const named = (name: string) => `,"current":{"name":${name}}`;
  const left = room - counts.length - named("").length;
  if (current === null || left < LEAST_OF_NAME) return counts;
  return `${counts}${named(fitted(current, Math.min(MOST_OF_NAME, left)))}`;
}

/** A run that waits for a signal: its summary, and what waits. */
export function waitingText({ run, waits }: WaitingRun): string {
  return `${summaryText(run).slice(0, -1)},"waits":${JSON.stringify(waits.slice(0, MAX_WAITING))}}`;
}

/** The JSON of a text, cut so that it takes at most so many bytes. */
function fitted(text: string | null, bytes: number, characters = bytes): string {
  if (text === null) return "null";
  let kept = [...text].slice(0, characters);
  let json = JSON.stringify(kept.join("") === text ? text : `${kept.join("")}…`);
  while (Buffer.byteLength(json) > bytes) {
    const over = Buffer.byteLength(json) - bytes;
    // A character takes six bytes at most.
    kept = kept.slice(0, -Math.ceil(over / 6));
    json = JSON.stringify(`${kept.join("")}…`);
  }
  return json;
}
