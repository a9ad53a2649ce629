import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Empty, Failed, LoadingRows } from "../../shared/states/states.tsx";
import { Status } from "../../shared/status/status.tsx";

export function Runs() {
  const reading = useReading("runs", (signal) => platform.runs.page({}, { limit: 100, signal }));
  const { value, problem } = reading.state.value;
  return (
    <div class="page-pad">
      <h1>Runs</h1>
      {value === null && (problem === null ? <LoadingRows /> : <Failed problem={problem} />)}
      {value?.items.length === 0 && <Empty title="Nothing has run yet" />}
      <ul>
        {value?.items.map(({ uuid, status, workflow }) => (
          <li key={uuid}>
            <a href={hrefOf(`/runs/${uuid}`)}>{workflow.name}</a> <Status status={status} />
          </li>
        ))}
      </ul>
    </div>
  );
}
