/** A run without its payload and outputs, as the page shows it. */
import type { OutlineStep, RunOutline } from "../../../schemas/lists/step-query.ts";
import type { Waiting } from "../../../schemas/runs/waiting.ts";
import { hasEnded } from "../../shared/status/run-statuses.ts";
import { platform } from "../platform.ts";

/** Of a run that is over, what has not begun never will: it is "unreached", and not "pending". */
type ShownStatus<Status> = Status | "unreached";

export type ShownStep = Omit<OutlineStep, "status"> & { status: ShownStatus<OutlineStep["status"]> };
export type ShownOutline = Omit<RunOutline, "steps" | "waiting"> & { steps: ShownStep[]; waiting: Waiting[] };

/** What a step is shown as. @param run the status of its run */
export function shownStatus<Status extends string>(status: Status, run: string): ShownStatus<Status> {
  return status === "pending" && hasEnded(run) ? "unreached" : status;
}

export async function outlineOf(id: string, signal: AbortSignal): Promise<ShownOutline> {
  const run = await platform.runs.handle(id).outline({ signal });
  const steps = run.steps.map((step) => ({ ...step, status: shownStatus(step.status, run.status) }));
  return { ...run, steps, waiting: waitsOf(run) };
}

/** What a run waits for; of one that stands still no time, which moves on with it once it is resumed. */
function waitsOf({ status, waiting = [] }: RunOutline): Waiting[] {
  if (status !== "paused") return waiting;
  return waiting.flatMap(({ until: _, ...one }) => (one.kind === "delay" || one.kind === "retry" ? [] : [one]));
}
