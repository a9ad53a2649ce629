import { useState } from "preact/hooks";
import { go } from "../../../address/address.ts";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { useActions } from "../../../keys/keys.ts";
import { ProblemLine } from "../../../shared/states/states.tsx";
import { hasEnded } from "../../../shared/status/run-statuses.ts";
import { absoluteText } from "../../../shared/time/format.ts";
import type { ShownRun } from "../shown-run.ts";
import { ActionButton } from "./action-button.tsx";
import { AgainDialog } from "./again-dialog.tsx";
import { CancelDialog } from "./cancel-dialog.tsx";
import { More } from "./more.tsx";
import { RetryDialog } from "./retry-dialog.tsx";
import { SignalDialog } from "./signal-dialog.tsx";

const DIALOGS = { retry: RetryDialog, cancel: CancelDialog, again: AgainDialog, signal: SignalDialog };

/** What can be done with a run. What can't be done now says why. */
export function Actions(shown: ShownRun) {
  const { run, again, isDeleted } = shown;
  const [open, setOpen] = useState<keyof typeof DIALOGS | null>(null);
  const ended = hasEnded(run.status)
    ? `It ended at ${run.completed_at === null ? "an unknown time" : absoluteText(new Date(run.completed_at), Date.now())}`
    : null;
  const underWay = ended === null ? "It is under way: cancel it first, or wait for its end" : null;
  const gone = isDeleted ? "Its workflow was deleted" : null;
  const isPaused = run.status === "paused" || run.phase === "pausing";
  const { run: hold, problem } = useDoing(async () => {
    const handle = platform.runs.handle(run.uuid);
    await (isPaused ? handle.resume() : handle.pause());
    again();
  });
  useActions([
    { key: "t", name: "Retry the run", run: () => underWay === null && setOpen("retry") },
    { key: "c", name: "Cancel the run", run: () => ended === null && setOpen("cancel") },
    { key: "r", name: "Run again with another payload", run: () => gone === null && setOpen("again") },
    { key: "e", name: "Edit the workflow", run: () => gone === null && go(`/workflows/${run.workflow_id}/edit`) },
  ]);
  const Dialog = open === null ? null : DIALOGS[open];
  const opens = (dialog: keyof typeof DIALOGS) => () => setOpen(dialog);
  const isAsked = run.waiting.some(({ kind }) => kind === "signal");
  const signal = { name: "Send signal…", reason: ended, run: opens("signal") };
  const actions = [
    { name: "Retry…", reason: underWay, isMain: run.status === "failed", run: opens("retry") },
    { name: "Run again…", reason: gone, run: opens("again") },
    { name: isPaused ? "Resume" : "Pause", reason: ended, run: hold },
    ...(isAsked ? [{ ...signal, isMain: true }] : []),
    { name: "Cancel…", reason: ended, run: opens("cancel") },
  ];
  return (
    <div class="run-actions">
      <div class="run-buttons">
        {actions.map((action) => (
          <ActionButton key={action.name} {...action} />
        ))}
      </div>
      <More {...shown} actions={actions} seldom={isAsked ? [] : [signal]} />
      <ProblemLine problem={problem} />
      {Dialog !== null && <Dialog {...shown} onClose={() => setOpen(null)} />}
    </div>
  );
}
