/** What a comparison of two runs is made of. */
import type { RunSummary } from "../../../schemas/runs/run-summary.ts";
import { outlineOf, type ShownOutline } from "../../data/outline.ts";
import { platform } from "../../data/platform.ts";

export interface Side {
  run: ShownOutline;
  /** Of its workflow, when it ran; its uuid where no list has it. */
  name: string;
}

/** Both runs without their payloads and outputs. */
export async function bothSides(
  first: string,
  second: string,
  signal: AbortSignal,
): Promise<{ before: Side; after: Side }> {
  const [before, after] = await Promise.all([first, second].map((id) => outlineOf(id, signal)));
  if (before === undefined || after === undefined) throw new Error("There are two runs");
  const names = new Map<string, string>();
  for (const { workflow_id } of [before, after]) {
    if (!names.has(workflow_id))
      names.set(workflow_id, (await lastOf(workflow_id, signal))?.workflow.name ?? workflow_id);
  }
  const sideOf = (run: ShownOutline) => ({ run, name: names.get(run.workflow_id) ?? run.workflow_id });
  return { before: sideOf(before), after: sideOf(after) };
}

/** The last run of the same workflow that succeeded, but for the run itself; null where there is none. */
export async function usualPartner(id: string, signal: AbortSignal): Promise<string | null> {
  const { workflow_id } = await platform.runs.handle(id).outline({ signal });
  const { items } = await platform.runs.page({ workflow: workflow_id, status: "success" }, { limit: 2, signal });
  return items.find(({ uuid }) => uuid !== id)?.uuid ?? null;
}

async function lastOf(workflow: string, signal: AbortSignal): Promise<RunSummary | undefined> {
  const { items } = await platform.runs.page({ workflow }, { limit: 1, signal });
  return items[0];
}

/** JSON to compare, indented; null of what one side has not. */
export interface Texts {
  before: string | null;
  after: string | null;
}

/** The outputs of a step in both runs. */
export async function outputsOf(
  address: string,
  [first, second]: readonly [string | null, string | null],
  signal: AbortSignal,
) {
  const read = async (run: string | null) =>
    run === null ? null : indented(await platform.runs.handle(run).output(address, { signal }));
  return { before: await read(first), after: await read(second) };
}

/** The payloads of both runs. */
export async function payloadsOf([first, second]: readonly [string, string], signal: AbortSignal): Promise<Texts> {
  const read = async (run: string) => indented(await platform.runs.handle(run).payload({ signal }));
  return { before: await read(first), after: await read(second) };
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "null";
}
