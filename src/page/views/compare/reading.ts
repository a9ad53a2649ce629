/** What a comparison of two runs is made of. */

import { platform } from "../../data/platform.ts";
import { definitionOf } from "../../data/runs/definition.ts";
import { firstRuns } from "../../data/runs/first-runs.ts";
import { outlineOf, type ShownOutline } from "../../data/runs/outline.ts";

export interface Side {
  run: ShownOutline;
  /** Of its workflow, as the version has it that it ran under. */
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
  const sideOf = async (run: ShownOutline): Promise<Side> => {
    const { uuid, workflow_id: workflow, workflow_version: version } = run;
    return { run, name: (await definitionOf({ run: uuid, workflow, version }, signal)).definition.name };
  };
  return { before: await sideOf(before), after: await sideOf(after) };
}

/** The last run of the same workflow that succeeded, but for the run itself, as far as runs were looked at. */
export async function usualPartner(
  id: string,
  signal: AbortSignal,
): Promise<{ partner: string | null; lookedTo: string | null }> {
  const { workflow_id: workflow } = await platform.runs.handle(id).outline({ signal });
  const { runs, lookedTo } = await firstRuns({ workflow, status: "success" }, 2, signal);
  return { partner: runs.find(({ uuid }) => uuid !== id)?.uuid ?? null, lookedTo };
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
