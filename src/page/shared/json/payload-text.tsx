import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Unread } from "../states/states.tsx";
import { JsonViewer } from "./json-viewer.tsx";

/** The payload of a run, which is read once it is shown. */
export function PayloadText({ run }: { run: string }) {
  const reading = useReading(`payload ${run}`, (signal) => platform.runs.handle(run).payloadText({ signal }));
  const { value } = reading.state.value;
  if (value !== null) return <JsonViewer text={value} sent name="payload" label="payload" />;
  return <Unread reading={reading} rows={3} label="Reading the payload" />;
}
