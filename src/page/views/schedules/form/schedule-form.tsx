import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Schedule, ScheduleInput } from "../../../../schemas/schedule.ts";
import { useDoing } from "../../../data/doing.ts";
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
  title: string;
  /** Of the button that saves it. */
  name: string;
  /** Null for a new one. */
  schedule: Schedule | null;
  /** What a new one begins with. */
  begin?: Partial<Written>;
  /** Says what comes with it; the workflow is not chosen then. */
  lead?: ComponentChildren;
  save(input: ScheduleInput): Promise<Schedule>;
  onSaved(schedule: Schedule): void;
  onClose(): void;
}

/** Makes a schedule, or changes one; the next times are shown while it is written. */
export function ScheduleForm({ title, name, schedule, begin = {}, lead, save, onSaved, onClose }: ScheduleFormProps) {
  const [written, setWritten] = useState(() => begunWith(schedule, begin));
  const [faults, setFaults] = useState<FaultsByPlace>(new Map());
  const input = inputOf(written, schedule);
  const change = (part: Partial<Written>) => setWritten((all) => ({ ...all, ...part }));
  const { run, isBusy, problem } = useDoing(async () => {
    try {
      onSaved(await save(input));
    } catch (error) {
      setFaults(faultsIn(error));
      throw error;
    }
  });
  return (
    <Dialog title={title} isDrawer onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        {lead}
        <ScheduleNames {...{ written, faults, change }} isNew={schedule === null} isChosen={lead === undefined} />
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
            {name}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
