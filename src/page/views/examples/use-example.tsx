import { useState } from "preact/hooks";
import { go } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { ProblemLine } from "../../shared/states/states.tsx";
import { AlreadyThere } from "./already-there.tsx";
import type { Example } from "./examples.ts";
import { HookDialog } from "./hook-dialog.tsx";
import { ScheduleDialog } from "./schedule-dialog.tsx";
import { startOf, type There, thereOf } from "./starts.ts";

/** Makes a workflow of an example, and what starts it, once a dialog has said so; what is there already stays as it is. */
export function UseExample({ example }: { example: Example }) {
  const { id, definition } = example;
  const start = startOf(id);
  const [there, setThere] = useState<There | null>(null);
  const [isAsked, setIsAsked] = useState(false);
  const {
    run: use,
    isBusy,
    problem,
  } = useDoing(async () => {
    const found = await thereOf(id);
    setThere(found);
    // What starts it is not made a second time; the workflow alone needs no question.
    if (!found.isWorkflow && (start === null || found.start !== null))
      go(`/workflows/${(await platform.workflows.replace(id, definition, { create: true })).workflow_id}`);
    else setIsAsked(start !== null && found.start === null);
  });
  const close = () => setIsAsked(false);
  return (
    <>
      <button type="button" onClick={use} disabled={isBusy}>
        Use
      </button>
      {there?.isWorkflow === true && !isAsked && <AlreadyThere id={id} by={start?.by ?? null} start={there.start} />}
      <ProblemLine problem={problem} />
      {isAsked && start?.by === "schedule" && (
        <ScheduleDialog {...{ example, start }} isThere={there?.isWorkflow === true} onClose={close} />
      )}
      {isAsked && start?.by === "hook" && (
        <HookDialog
          {...{ example }}
          isThere={there?.isWorkflow === true}
          onClose={close}
          onThere={(found) => {
            setThere(found);
            close();
          }}
        />
      )}
    </>
  );
}
