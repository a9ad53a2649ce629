import { useState } from "preact/hooks";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import type { ShownRun } from "../shown-run.ts";
import { Foot } from "./foot.tsx";

/** Ends a run. */
export function CancelDialog({ run, again, onClose }: ShownRun & { onClose(): void }) {
  const [reason, setReason] = useState("");
  const [undoes, setUndoes] = useState(true);
  const doing = useDoing(async () => {
    await platform.runs.handle(run.uuid).cancel({ compensate: undoes, ...(reason !== "" && { reason }) });
    again();
    onClose();
  });
  return (
    <Dialog title="Cancel this run" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          doing.run();
        }}
      >
        <p class="soft">What is under way is called off, and the run ends as cancelled.</p>
        <label class="form-field">
          Reason, for those who read the run
          <input
            type="text"
            maxLength={1000}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
        <label>
          <input type="checkbox" checked={undoes} onChange={({ currentTarget }) => setUndoes(currentTarget.checked)} />{" "}
          Undo what succeeded, where a step says how
        </label>
        <Foot name="Cancel the run" isDangerous {...doing} onClose={onClose} />
      </form>
    </Dialog>
  );
}
