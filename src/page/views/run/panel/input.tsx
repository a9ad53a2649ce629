import { useMemo, useState } from "preact/hooks";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { stepsOf } from "../../../shared/drawing/steps.ts";
import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import { bytesText } from "../../../shared/json/nodes.ts";
import { Failed, LoadingRows } from "../../../shared/states/states.tsx";
import { definedStep, valueAt } from "../defined.ts";
import type { PanelTabProps } from "./tab.ts";

/** What the step was given: its config as it is written, and what that reads. */
export function Input({ run, definition, step }: PanelTabProps) {
  const steps = useMemo(() => stepsOf(definition), [definition]);
  const defined = definedStep(steps, step.path);
  const config = defined === null ? undefined : valueAt(definition, [...defined.loc, "config"]);
  return (
    <>
      <h3>Config, as it is written</h3>
      {config === undefined ? (
        <p class="soft">Its definition is not there</p>
      ) : (
        <JsonViewer text={JSON.stringify(config)} label={`config of ${step.address}`} />
      )}
      <Payload id={run.uuid} bytes={run.payload_bytes} />
    </>
  );
}

/** Read when it is asked for: it may have a megabyte. */
function Payload({ id, bytes }: { id: string; bytes: number }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <>
      <h3>
        Payload of the run <span class="soft">{bytesText(bytes)}</span>
      </h3>
      {isShown ? (
        <PayloadText id={id} />
      ) : (
        <button type="button" onClick={() => setIsShown(true)}>
          Show the payload
        </button>
      )}
    </>
  );
}

function PayloadText({ id }: { id: string }) {
  const reading = useReading(`payload ${id}`, async (signal) => (await platform.runs.get(id, { signal })).payload);
  const { value, problem } = reading.state.value;
  if (value === null) return problem === null ? <LoadingRows rows={3} /> : <Failed problem={problem} />;
  return <JsonViewer text={JSON.stringify(value)} name="payload" label="payload" />;
}
