import { go } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { ScheduleForm } from "../schedules/form/schedule-form.tsx";
import type { Example } from "./examples.ts";
import type { Start } from "./starts.ts";

interface ScheduleDialogProps {
  example: Example;
  start: Extract<Start, { by: "schedule" }>;
  /** The workflow is, and stays as it is. */
  isThere: boolean;
  onClose(): void;
}

/** The form of a schedule that starts an example, with everything filled in. */
export function ScheduleDialog({ example: { id, definition }, start, isThere, onClose }: ScheduleDialogProps) {
  return (
    <ScheduleForm
      title={`Use “${definition.name}”`}
      name={isThere ? "Make the schedule" : "Make both"}
      schedule={null}
      begin={{ ...start.written, id, workflow: id }}
      lead={
        <p class="schedule-lead">
          {isThere ? (
            <>
              The workflow <code>{id}</code> is there, and stays as it is. This makes a schedule that starts it,
            </>
          ) : (
            <>
              Makes the workflow <code>{id}</code>, and a schedule that starts it,
            </>
          )}{" "}
          from the first of the next times below on. It can be paused at any time, under Schedules. Nobody is at the
          addresses that the example asks and tells: put your own in their place.
        </p>
      }
      save={async (input) => {
        // What is wrong with it is said before anything is made.
        await platform.schedules.preview(input);
        if (!isThere) await platform.workflows.replace(id, definition, { create: true });
        return platform.schedules.create(input);
      }}
      onSaved={(schedule) => go(`/schedules?schedule=${encodeURIComponent(schedule.id)}`)}
      onClose={onClose}
    />
  );
}
