import { useState } from "preact/hooks";
import { choose, go } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { type Problem, problemOf } from "../../data/problem.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import type { TabProps } from "./tab.ts";

/** Asks for the name, since a click may be one by chance. */
export function DeleteDialog({ workflow: { uuid, name } }: TabProps) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const remove = async () => {
    try {
      await platform.workflows.delete(uuid);
      go("/workflows");
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <Dialog title={`Delete “${name}”`} onClose={() => go(choose({ delete: null }))}>
      <p>
        No run of it can be started any more, and its schedules start none. What stays: its runs, also those under way,
        until they are removed by their age; and its versions, so that it can be undeleted for as long.
      </p>
      <label class="form-field">
        Its name, to be sure
        <input
          type="text"
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          autocomplete="off"
        />
      </label>
      <ProblemLine problem={problem} />
      <div class="dialog-foot">
        <button type="button" onClick={() => go(choose({ delete: null }))}>
          Keep it
        </button>
        <button type="button" class="danger" disabled={typed !== name} onClick={remove}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
