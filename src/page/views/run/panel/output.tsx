import { useState } from "preact/hooks";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import { bytesText } from "../../../shared/json/nodes.ts";
import { Unread } from "../../../shared/states/states.tsx";
import { isPast } from "../attempts/attempts-of.ts";
import type { PanelTabProps } from "./tab.ts";

/** Larger ones are read once somebody asks for them. */
const MOST_BYTES = 1024 * 1024;

const NO_OUTPUT: Record<string, string> = {
  pending: "It has not begun",
  running: "It is under way: there is no output yet",
};

/** What the step gave; places in it are copied as the placeholders that read them. */
export function Output({ run, step, chosen }: PanelTabProps) {
  const { output, output_bytes: bytes, status, address } = step;
  const [isWanted, setIsWanted] = useState(bytes <= MOST_BYTES);
  if (chosen !== null && isPast(step, chosen)) return <p class="soft">What this attempt gave is not kept</p>;
  if (output === null) return <p class="soft">{NO_OUTPUT[status] ?? "It has no output"}</p>;
  if (output !== undefined) {
    const sent = () => platform.runs.handle(run.uuid).outputText(address);
    return <OutputText address={address} text={JSON.stringify(output)} sent={sent} />;
  }
  if (isWanted) return <LargeOutput run={run.uuid} address={address} known={`${status} ${bytes}`} />;
  return (
    <p>
      <button type="button" onClick={() => setIsWanted(true)}>
        Show the output
      </button>{" "}
      <span class="soft">{bytesText(bytes)}</span>
    </p>
  );
}

/** One that the step itself came without. @param known it is read again where that changes */
function LargeOutput({ run, address, known }: { run: string; address: string; known: string }) {
  const reading = useReading(`output ${run} ${address} ${known}`, (signal) =>
    platform.runs.handle(run).outputText(address, { signal }),
  );
  const { value: text } = reading.state.value;
  if (text !== null) return <OutputText address={address} text={text} sent />;
  return <Unread reading={reading} rows={4} label="Reading the output" />;
}

interface OutputTextProps {
  address: string;
  text: string;
  /** As JsonViewer has it. */
  sent: true | (() => Promise<string>);
}

function OutputText({ address, text, sent }: OutputTextProps) {
  // Within an iteration and in branches, names are those of their own scope: the last one.
  const name = address.split(".").at(-1) ?? address;
  return <JsonViewer text={text} sent={sent} name={name} label={`output of ${address}`} />;
}
