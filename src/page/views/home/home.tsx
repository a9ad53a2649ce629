import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Failed } from "../../shared/states/states.tsx";
import { FirstSteps } from "./first-steps.tsx";

/** Is it well, what failed, what waits for somebody. */
export function Home() {
  const reading = useReading("newest run", (signal) => platform.runs.page({}, { limit: 1, signal }));
  const { value, problem } = reading.state.value;
  return (
    <div class="page-pad home">
      <h1>Home</h1>
      {value === null && problem !== null && <Failed problem={problem} again={() => reading.again()} />}
      {value !== null && value.items.length === 0 && <FirstSteps />}
    </div>
  );
}
