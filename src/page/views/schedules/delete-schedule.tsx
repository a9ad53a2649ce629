import { useState } from "preact/hooks";
import { choose, go } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { ProblemLine } from "../../shared/states/states.tsx";

/** Removes a schedule, asked twice: a click may be one by chance. */
export function DeleteSchedule({ id, onDeleted }: { id: string; onDeleted: () => void }) {
  const [isSure, setIsSure] = useState(false);
  const { run, isBusy, problem } = useDoing(async () => {
    await platform.schedules.delete(id);
    go(choose({ schedule: null, edit: null }));
    onDeleted();
  });
  return (
    <section class="schedule-delete" aria-label="Delete">
      {!isSure && (
        <button type="button" class="danger" onClick={() => setIsSure(true)}>
          Delete…
        </button>
      )}
      {isSure && (
        <>
          <p>It starts no run from then on. The runs that it started stay, also those under way.</p>
          <ProblemLine problem={problem} />
          <div class="dialog-foot">
            <button type="button" onClick={() => setIsSure(false)}>
              Keep it
            </button>
            <button type="button" class="danger" disabled={isBusy} onClick={run}>
              Delete {id}
            </button>
          </div>
        </>
      )}
    </section>
  );
}
