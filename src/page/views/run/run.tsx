import { useEffect } from "preact/hooks";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { follow } from "../../live/live.ts";
import { runTopic } from "../../live/topic.ts";
import { Failed, LoadingRows } from "../../shared/states/states.tsx";
import { Status } from "../../shared/status/status.tsx";
import { useTitle } from "../../title.ts";
import type { ViewProps } from "../../view.ts";

export function RunView({ params: { id = "" } }: ViewProps) {
  const reading = useReading(id, (signal) => platform.runs.handle(id).outline({ signal }));
  const { value, problem } = reading.state.value;
  useTitle(value === null ? null : `Run ${id.slice(0, 13)}`);
  useEffect(() => {
    const again = () => void reading.again();
    return follow(runTopic(id, { after: () => 0, event: again, readAgain: again }));
  }, [id, reading]);
  if (value === null) return problem === null ? <LoadingRows /> : <Failed problem={problem} />;
  return (
    <div class="page-pad">
      <h1>Run {id}</h1>
      <Status status={value.status} />
    </div>
  );
}
