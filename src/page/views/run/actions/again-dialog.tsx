import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import { Unread } from "../../../shared/states/states.tsx";
import { RunDrawer } from "../../workflow/run-drawer.tsx";
import type { ShownRun } from "../shown-run.ts";

/** Starts another run of the workflow's newest version, with the payload of this one as it is or changed. */
export function AgainDialog({ run, onClose }: ShownRun & { onClose(): void }) {
  const reading = useReading(`again ${run.uuid}`, async (signal) => {
    const [workflow, payload] = await Promise.all([
      platform.workflows.get(run.workflow_id, { signal }),
      platform.runs.handle(run.uuid).payload({ signal }),
    ]);
    return { workflow, payload };
  });
  const { value } = reading.state.value;
  if (value !== null) return <RunDrawer workflow={value.workflow} begin={value.payload} onClose={onClose} />;
  return (
    <Dialog title="Run again" isDrawer onClose={onClose}>
      <Unread reading={reading} rows={3} label="Reading the payload" />
    </Dialog>
  );
}
