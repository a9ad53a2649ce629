import { useEffect, useState } from "preact/hooks";
import type { ScheduleInput } from "../../../../schemas/schedule.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { useTyping } from "../../../data/typing.ts";
import type { FaultsByPlace } from "../../../shared/form/input.ts";
import { NotRead } from "../../../shared/states/states.tsx";
import { NextTimes } from "../next-times.tsx";
import { faultsIn } from "./faults.ts";

interface SchedulePreviewProps {
  input: ScheduleInput;
  onFaults: (faults: FaultsByPlace) => void;
}

/** The next five times of what is written, as the platform says, and what is wrong with it. */
export function SchedulePreview({ input, onFaults }: SchedulePreviewProps) {
  const text = JSON.stringify(input);
  const [asked, setAsked] = useState(text);
  const typing = useTyping();
  useEffect(() => typing.stopped(() => setAsked(text)), [typing, text]);
  const reading = useReading(asked, async (signal) => {
    const wanted: ScheduleInput = JSON.parse(asked);
    if (wanted.workflow_id === "") return { times: [], faults: new Map<string, string>() };
    try {
      return { times: await platform.schedules.preview(wanted, { signal }), faults: new Map<string, string>() };
    } catch (error) {
      const faults = faultsIn(error);
      if (faults.size === 0) throw error;
      return { times: [], faults };
    }
  });
  const { value, problem } = reading.state.value;
  useEffect(() => {
    if (value !== null) onFaults(value.faults);
  }, [value]);
  return (
    <section aria-label="Next times" aria-live="polite">
      <h3>Next times</h3>
      {problem !== null && <NotRead what="The next times" problem={problem} again={() => reading.again()} />}
      {problem === null && input.workflow_id === "" && <p class="soft">Choose a workflow first.</p>}
      {problem === null && input.workflow_id !== "" && value === null && <p class="soft">…</p>}
      {value !== null && value.times.length > 0 && <NextTimes times={value.times} zone={input.timezone ?? "UTC"} />}
      {value !== null && value.faults.size > 0 && <p class="soft">What is written above has faults.</p>}
    </section>
  );
}
