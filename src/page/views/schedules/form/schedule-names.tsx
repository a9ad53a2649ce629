import { collect } from "../../../data/collect.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import type { FaultsByPlace } from "../../../shared/form/input.ts";
import { TextField } from "../../../shared/form/text-field.tsx";
import { NotRead } from "../../../shared/states/states.tsx";
import type { Written } from "./written.ts";

/** Workflows that are offered; the id of any other can be typed. */
const OFFERED = 200;

export interface PartProps {
  written: Written;
  faults: FaultsByPlace;
  change: (part: Partial<Written>) => void;
}

/** Which workflow a schedule starts, and what it is called itself. */
export function ScheduleNames({ isNew, isChosen, ...part }: PartProps & { isNew: boolean; isChosen: boolean }) {
  const { written, faults, change } = part;
  return (
    <>
      {isChosen && <WorkflowName {...part} />}
      {isNew && (
        <TextField
          {...{ label: "Its own id, made where it is left out", place: "id", faults, value: written.id }}
          onText={(id) => change({ id })}
        />
      )}
    </>
  );
}

function WorkflowName({ written, faults, change }: PartProps) {
  const offered = useReading("workflows to schedule", (signal) =>
    collect(platform.workflows.summaries({ signal }), OFFERED),
  );
  const { value, problem } = offered.state.value;
  return (
    <>
      <TextField
        {...{ label: "Workflow", place: "workflow_id", faults, value: written.workflow, list: "schedule-workflows" }}
        onText={(workflow) => change({ workflow })}
      />
      {value === null && problem !== null && (
        <NotRead what="The workflows to choose from" problem={problem} again={() => offered.again()} />
      )}
      <datalist id="schedule-workflows">
        {value?.items.map(({ uuid, id, name }) => (
          <option key={uuid} value={id ?? uuid}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}
