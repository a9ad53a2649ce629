import type { RunHandle } from "../../../../client/run-handle.ts";
import { platform } from "../../../data/platform.ts";
import { problemOf } from "../../../data/problem.ts";
import { type ActionKind, doneText } from "./kinds.ts";

export interface EachProgress {
  text: string;
  /** Ends it; null once it is over. */
  stop: (() => void) | null;
}

const DO: Record<ActionKind, (run: RunHandle) => Promise<unknown>> = {
  cancel: (run) => run.cancel(),
  pause: (run) => run.pause(),
  resume: (run) => run.resume(),
  retry: (run) => run.retry(),
};

/** Does the same with each of some runs, one after the other. */
export async function doEach(
  kind: ActionKind,
  ids: readonly string[],
  tell: (progress: EachProgress) => void,
): Promise<void> {
  let isStopped = false;
  let done = 0;
  const refused: string[] = [];
  const stop = () => {
    isStopped = true;
  };
  for (const id of ids) {
    if (isStopped) break;
    tell({ text: `${done + refused.length} of ${ids.length}…`, stop });
    try {
      await DO[kind](platform.runs.handle(id));
      done++;
    } catch (error) {
      refused.push(problemOf(error).text);
    }
  }
  const rest =
    refused.length === 0 ? "" : `, ${refused.length} were refused: ${[...new Set(refused)].slice(0, 3).join("; ")}`;
  tell({ text: `${done} ${doneText(kind)}${rest}${isStopped ? ", stopped" : ""}`, stop: null });
}
