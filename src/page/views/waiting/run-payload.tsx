import { useState } from "preact/hooks";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { JsonViewer } from "../../shared/json/json-viewer.tsx";
import { Failed, LoadingRows } from "../../shared/states/states.tsx";

/** What the run is about. It may be large, and is read when somebody asks for it. */
export function RunPayload({ run }: { run: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="waiting-payload" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>Payload of the run</summary>
      {isOpen && <Payload run={run} />}
    </details>
  );
}

function Payload({ run }: { run: string }) {
  const reading = useReading(`payload ${run}`, (signal) => platform.runs.handle(run).payloadText({ signal }));
  const { value: text, problem } = reading.state.value;
  if (text !== null) return <JsonViewer text={text} sent name="payload" label="payload" />;
  if (problem !== null) return <Failed problem={problem} again={() => reading.again()} />;
  return <LoadingRows rows={3} label="Loading the payload" />;
}
