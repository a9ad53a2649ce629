import { collect } from "../../../data/collect.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import type { FaultsByPlace } from "../../../shared/form/input.ts";
import type { Written } from "./written.ts";

/** Workflows that are offered; the id of any other can be typed. */
const OFFERED = 200;

export interface PartProps {
  written: Written;
  faults: FaultsByPlace;
  change: (part: Partial<Written>) => void;
}

/** Which workflow a schedule starts, and what it is called itself. */
export function ScheduleNames({ written, faults, change, isNew }: PartProps & { isNew: boolean }) {
  const { value } = useReading("workflows to schedule", (signal) =>
    collect(platform.workflows.summaries({ signal }), OFFERED),
  ).state.value;
  return (
    <>
      <label class="form-field">
        Workflow
        <input
          type="text"
          list="schedule-workflows"
          autocomplete="off"
          aria-invalid={faults.has("workflow_id")}
          value={written.workflow}
          onInput={({ currentTarget }) => change({ workflow: currentTarget.value })}
        />
        {faults.has("workflow_id") && <span class="form-fault">{faults.get("workflow_id")}</span>}
      </label>
      <datalist id="schedule-workflows">
        {value?.items.map(({ uuid, id, name }) => (
          <option key={uuid} value={id ?? uuid}>
            {name}
          </option>
        ))}
      </datalist>
      {isNew && (
        <label class="form-field">
          Its own id, made where it is left out
          <input
            type="text"
            autocomplete="off"
            aria-invalid={faults.has("id")}
            value={written.id}
            onInput={({ currentTarget }) => change({ id: currentTarget.value })}
          />
          {faults.has("id") && <span class="form-fault">{faults.get("id")}</span>}
        </label>
      )}
    </>
  );
}
