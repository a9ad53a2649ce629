import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { firstRuns } from "../../data/runs/first-runs.ts";
import { NotRead } from "../../shared/states/states.tsx";
import { timeText } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";

const SHOWN = 5;

interface PayloadBeginsProps {
  workflow: string;
  onPayload: (payload: unknown) => void;
}

/** The payloads of the last runs, to begin with one. Each is read when it is chosen. */
export function PayloadBegins({ workflow, onPayload }: PayloadBeginsProps) {
  const last = useReading(`payloads ${workflow}`, (signal) => firstRuns({ workflow }, SHOWN, signal));
  const { value } = last.state.value;
  const { run: begin, problem } = useDoing(async (run: string) => {
    if (run !== "") onPayload(await platform.runs.handle(run).payload());
  });
  if (value === null && last.state.value.problem !== null)
    return <NotRead what="The last runs" problem={last.state.value.problem} again={() => last.again()} />;
  if (value === null || value.runs.length === 0) return null;
  return (
    <label class="form-field">
      Begin with the payload of
      <select onChange={({ currentTarget }) => begin(currentTarget.value)}>
        <option value="">– a run –</option>
        {value.runs.map(({ uuid, status, created_at }) => (
          <option key={uuid} value={uuid}>{`${timeText(created_at, now.peek())}, ${status}`}</option>
        ))}
      </select>
      {problem !== null && <span class="form-fault">{problem.text}</span>}
    </label>
  );
}
