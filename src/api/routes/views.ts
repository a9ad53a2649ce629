import { isoTime } from "../../clock.ts";
import type { RequestFault } from "../../errors.ts";
import type { Options } from "../../language/definition/options.ts";
import { MAX_SHOWN_DESCRIPTION } from "../../language/definition/workflow.ts";
import { type Awaited, waitingIn } from "../../schemas/log/waits.ts";
import { resultsTextOf } from "../../schemas/runs/results.ts";
import { type Summary, summaryOf } from "../../schemas/runs/summary.ts";
import { MAX_WAITING } from "../../schemas/runs/waiting.ts";

import type { Page } from "../../services/pages.ts";
import type { RunRecord, VersionRecord, WorkflowRecord } from "../../storage/port.ts";
import type { TriedRun } from "../../testing/port.ts";

// JSON text is put together from stored JSON text: nothing that came in is parsed and written again on its way out.

/** What is shown of a run beside its row. */
export interface Shown {
  /** Of the JSON text of its results; all where this is left out. */
  results?(text: string): string;
  /** The runs that it waits for, where they were looked up. */
  awaited?: Awaited;
}

/** A run as the contract shows it. */
export function runText(run: RunRecord, { results: shown = (text) => text, awaited }: Shown = {}): string {
  const results = resultsTextOf(run);
  const { omitted, failed, undone } = summaryOf(results);
  const waiting = waitingIn(run, awaited);
  // A delay of a plain definition says no more than its step does.
  const isShown = waiting.some(({ kind }) => kind !== "delay");
  const waits = isShown ? `,"waiting":${JSON.stringify(waiting.slice(0, MAX_WAITING))}` : "";
  const { parentRunId, rootRunId } = run;
  const family = !parentRunId ? "" : `,"parent_run_id":"${parentRunId}","root_run_id":"${rootRunId}"`;
  const counts = `${countText("steps_omitted", omitted)}${countText("failed_steps", failed)}`;
  const compensation = undone === null || run.completedAt === null ? "" : compensationText(undone);
  return `{"uuid":"${run.uuid}","id":${JSON.stringify(run.id)},"workflow_id":"${run.workflowUuid}","workflow_version":${run.workflowVersion},"status":"${run.status}","payload":${run.payload},"created_at":"${isoTime(run.createdAt)}","started_at":${timeText(run.startedAt)},"completed_at":${timeText(run.completedAt)},"error":${JSON.stringify(run.error)},"step_results":${shown(results)}${family}${waits}${counts}${compensation}${givenText(run)}${controlText(run, undone !== null)}}`;
}

/** The answer to a trigger that waited for the end of its run. */
export function endedText(run: RunRecord): string {
  const ended = run.completedAt === null ? "null" : runText(run);
  return `{"run_id":"${run.uuid}","status":"${run.status}","run":${ended}}`;
}

/** What a run is about to do, or was asked, beside its steps. A copy in a cache of the version before has none of it. */
function controlText({ completedAt, control, status, cancelReason, retryOf }: RunRecord, isUndone: boolean): string {
  const phase = isUndone && control !== "pausing" ? "compensating" : control;
  const isCancelled = status === "cancelled" || control === "cancelling";
  const fields = {
    ...(completedAt === null && status !== "paused" && phase && { phase }),
    ...(isCancelled && cancelReason && { cancel_reason: cancelReason }),
    ...(retryOf && { retry_of: retryOf }),
  };
  const text = JSON.stringify(fields);
  return text === "{}" ? "" : `,${text.slice(1, -1)}`;
}

/** What is said of a run that was undone. */
function compensationText({ done, failed }: NonNullable<Summary["undone"]>): string {
  const status = failed.length === 0 ? "success" : "failed";
  return `,"compensation":${JSON.stringify({ status, done, failed })}`;
}

/** A run that was only tried. */
export function triedText({ run, virtualSeconds, unusedMocks }: TriedRun): string {
  const more = JSON.stringify({ virtual_seconds: virtualSeconds, unused_mocks: unusedMocks });
  return `${runText(run).slice(0, -1)},${more.slice(1)}`;
}

/** A field that few runs have. */
function countText(name: string, count: number): string {
  return count === 0 ? "" : `,"${name}":${count}`;
}

/** Fields that runs of plain definitions have not. A copy in a cache of the version before has none of them. */
function givenText({ output, errorDetails, tags, startAt, priority }: RunRecord): string {
  const start_at = startAt == null ? null : timeText(startAt);
  const fields = { output, error_details: errorDetails, tags, start_at, priority };
  return Object.entries(fields)
    .map(([name, text]) => (text == null ? "" : `,"${name}":${text}`))
    .join("");
}

/** A workflow as the contract shows it. */
export function workflowText(workflow: WorkflowRecord): string {
  const { uuid, id, name, description, steps, options, version, createdAt, updatedAt } = workflow;
  return `{"uuid":"${uuid}","id":${JSON.stringify(id)},"name":${JSON.stringify(name)},"description":${JSON.stringify(description)},"steps":${steps}${options === null ? "" : `,${options.slice(1, -1)}`},"version":${version},"created_at":"${isoTime(createdAt)}","updated_at":"${isoTime(updatedAt)}"}`;
}

/** A workflow in a list, without what its definition says. */
export function workflowSummaryText(workflow: WorkflowRecord): string {
  const { uuid, id, name, description, options, version, createdAt, updatedAt } = workflow;
  const { tags = [], managed_by = null } = optionsShown(options);
  const isLong = description !== null && description.length > MAX_SHOWN_DESCRIPTION;
  const begin = isLong ? `${description.slice(0, MAX_SHOWN_DESCRIPTION).toWellFormed()}…` : description;
  const times = { created_at: isoTime(createdAt), updated_at: isoTime(updatedAt) };
  return JSON.stringify({ uuid, id, name, description: begin, tags, managed_by, version, ...times });
}

/** Options are read where they have something to show: they can be long. */
function optionsShown(options: string | null): Pick<Options, "tags" | "managed_by"> {
  const has = options !== null && (options.includes('"tags"') || options.includes('"managed_by"'));
  return has ? JSON.parse(options) : {};
}

/** A version of a workflow in a list. */
export function versionText({ version, name, createdAt, managedBy }: VersionRecord): string {
  return JSON.stringify({ version, name, created_at: isoTime(createdAt), managed_by: managedBy });
}

/** The last field of an answer about a definition; nothing where there are no warnings. */
export function warningsText(warnings: readonly RequestFault[]): string {
  return warnings.length === 0 ? "" : `,"warnings":${JSON.stringify(warnings)}`;
}

const sharedTexts = new WeakMap<object, Map<unknown, string>>();

/**
 * The text of something that many are shown: it is made once. `how` is the function that shows it, or each part of it: another one
 * makes another text, so that it has to be the same one at each call.
 */
export function sharedText(shown: object, how: unknown, make: () => string): string {
  const texts = sharedTexts.get(shown) ?? new Map<unknown, string>();
  const text = texts.get(how) ?? make();
  sharedTexts.set(shown, texts.set(how, text));
  return text;
}

/** A page of a list. Requests that share the page, and show it in the same way, share its text. */
export function pageText<Item>(page: Page<Item>, itemText: (item: Item) => string): string {
  const { items, nextCursor, limit } = page;
  return sharedText(
    page,
    itemText,
    () =>
      `{"items":[${items.map((item) => itemText(item)).join(",")}],"next_cursor":${JSON.stringify(nextCursor)},"limit":${limit}}`,
  );
}

/** JSON text of a time. */
export function timeText(time: number | null): string {
  return time === null ? "null" : `"${isoTime(time)}"`;
}

const JSON_HEADERS = { "content-type": "application/json" };
const OK = { headers: JSON_HEADERS };

/** JSON text as an answer. */
export function jsonReply(text: string, status = 200): Response {
  return new Response(text, status === 200 ? OK : { status, headers: JSON_HEADERS });
}
