import { useState } from "preact/hooks";
import type { Schedule } from "../../../../schemas/schedule.ts";
import { address, choose, go } from "../../../address/address.ts";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import { ANY } from "../../../shared/form/fields.ts";
import type { FaultsByPlace } from "../../../shared/form/input.ts";
import { JsonInput } from "../../../shared/form/json-input.tsx";
import { ProblemLine } from "../../../shared/states/states.tsx";
import { OVERLAPS } from "../overlaps.ts";
import { faultsIn } from "./faults.ts";
import { ScheduleNames } from "./schedule-names.tsx";
import { SchedulePreview } from "./schedule-preview.tsx";
import { ScheduleTiming } from "./schedule-timing.tsx";
import { begunWith, inputOf, type Written } from "./written.ts";

interface ScheduleFormProps {
  /** Null for a new one. */
  schedule: Schedule | null;
  onSaved: () => void;
}

/** Makes a schedule, or changes one; the next times are shown while it is written. */
export function ScheduleForm({ schedule, onSaved }: ScheduleFormProps) {
  const [written, setWritten] = useState(() => begunWith(schedule, address.peek().query.get("workflow") ?? ""));
  const [faults, setFaults] = useState<FaultsByPlace>(new Map());
  const input = inputOf(written, schedule);
  const change = (part: Partial<Written>) => setWritten((all) => ({ ...all, ...part }));
  const { run, isBusy, problem } = useDoing(async () => {
    try {
      const saved = await (schedule === null
        ? platform.schedules.create(input)
        : platform.schedules.replace(schedule.id, input));
      onSaved();
      go(choose({ new: null, edit: null, workflow: null, schedule: saved.id }), { replaces: true });
    } catch (error) {
      setFaults(faultsIn(error));
      throw error;
    }
  });
  return (
    <Dialog
      title={schedule === null ? "New schedule" : `Edit ${schedule.id}`}
      isDrawer
      onClose={() => go(choose({ new: null, edit: null, workflow: null }))}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <ScheduleNames {...{ written, faults, change }} isNew={schedule === null} />
        <ScheduleTiming {...{ written, faults, change }} />
        <label class="form-field">
          While a run of it is under way, the next
          <select
            value={written.overlap}
            onChange={({ currentTarget }) => {
              const overlap = OVERLAPS.find(([one]) => one === currentTarget.value)?.[0];
              if (overlap !== undefined) change({ overlap });
            }}
          >
            {OVERLAPS.map(([overlap, says]) => (
              <option key={overlap} value={overlap}>
                {says}
              </option>
            ))}
          </select>
        </label>
        <div class="form-field">
          <span>Payload</span>
          <JsonInput
            {...{ field: ANY, value: written.payload, faults, place: "payload", label: "Payload" }}
            onChange={(payload) => change({ payload })}
          />
          {faults.has("payload") && <span class="form-fault">{faults.get("payload")}</span>}
        </div>
        <SchedulePreview input={input} onFaults={setFaults} />
        <ProblemLine problem={problem} />
        <div class="dialog-foot">
          <button type="submit" class="primary" disabled={isBusy || input.workflow_id === ""}>
            {schedule === null ? "Make the schedule" : "Save"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
