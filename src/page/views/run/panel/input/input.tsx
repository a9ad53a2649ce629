import { useState } from "preact/hooks";
import { JsonViewer } from "../../../../shared/json/json-viewer.tsx";
import { bytesText } from "../../../../shared/json/nodes.ts";
import { PayloadText } from "../../../../shared/json/payload-text.tsx";

import { useDefinedStep, valueAt } from "../../defined.ts";
import { NoDefinition } from "../../no-definition.tsx";
import type { PanelTabProps } from "../tab.ts";
import { Given } from "./given.tsx";

/** What the step was given: its config as the platform tells it and as it is written, and the payload of its run. */
export function Input(props: PanelTabProps) {
  const { run, definition, step } = props;
  const { defined } = useDefinedStep(definition, step.path);
  const config = defined === null ? undefined : valueAt(definition, [...defined.loc, "config"]);
  return (
    <>
      <Given {...props} written={config} />
      <h3>Config, as it is written</h3>
      {definition === null && <NoDefinition {...props} />}
      {definition !== null && config === undefined && (
        <p class="soft">The definition has no such step, or no config of it</p>
      )}
      {config !== undefined && <JsonViewer text={JSON.stringify(config)} label={`config of ${step.address}`} />}
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
        <PayloadText run={id} />
      ) : (
        <button type="button" onClick={() => setIsShown(true)}>
          Show the payload
        </button>
      )}
    </>
  );
}
