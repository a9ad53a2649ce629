import { useState } from "preact/hooks";
import { choose, go } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import type { TabProps } from "./tab.ts";

/** Asks for the id, since a click may be one by chance. A name may be one that nobody can type. */
export function DeleteDialog({ workflow: { uuid, id, name } }: TabProps) {
  const wanted = typeof id === "string" ? id : uuid;
  const [typed, setTyped] = useState("");
  const { run, isBusy, problem } = useDoing(async () => {
    await platform.workflows.delete(uuid);
    go("/workflows");
  });
  return (
    <Dialog title={`Delete “${name}”`} onClose={() => go(choose({ delete: null }))}>
      <p>
        No run of it can be started any more, and its schedules start none. What stays: its runs, also those under way,
        until they are removed by their age; and its versions, so that it can be undeleted for as long.
      </p>
      <p>
        Its id is <code>{wanted}</code> <CopyButton text={wanted} what="the id" />
      </p>
      <label class="form-field">
        Its id, to be sure
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
        <button type="button" class="danger" disabled={isBusy || typed.trim() !== wanted} onClick={run}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
