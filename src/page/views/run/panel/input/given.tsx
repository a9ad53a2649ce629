import { useState } from "preact/hooks";
import type { StepInput } from "../../../../../schemas/runs/step-input.ts";
import { hrefOf } from "../../../../address/address.ts";
import { platform } from "../../../../data/platform.ts";
import { useReading } from "../../../../data/reading.ts";
import { JsonViewer } from "../../../../shared/json/json-viewer.tsx";
import { bytesText } from "../../../../shared/json/nodes.ts";
import { Unread } from "../../../../shared/states/states.tsx";
import type { PanelTabProps } from "../tab.ts";

/** The config with values in place of its placeholders, as the platform tells it; nothing where that is as it is written. */
export function Given({ run, step, written }: PanelTabProps & { written: unknown }) {
  const { input, status } = step;
  const { config, bytes, unknown = [], run_id: by } = input;
  if (unknown.length === 0 && by === undefined && JSON.stringify(config) === JSON.stringify(written)) return null;
  return (
    <>
      <h3>{status === "pending" ? "Config, as far as it is known yet" : "Config, as the step was given it"}</h3>
      {by !== undefined && (
        <p class="soft">
          Its result is kept: <a href={hrefOf(`/runs/${by}?step=${encodeURIComponent(step.address)}`)}>another run</a>{" "}
          did the step.
        </p>
      )}
      {config !== undefined && <ConfigText address={step.address} config={config} />}
      {config === undefined && bytes > 0 && <LargeConfig run={run.uuid} address={step.address} bytes={bytes} />}
      <Unknown unknown={unknown} />
    </>
  );
}

function ConfigText({ address, config }: { address: string; config: unknown }) {
  return <JsonViewer text={JSON.stringify(config)} label={`config of ${address} as it was given`} />;
}

/** One that the step itself came without: read when it is asked for. */
function LargeConfig({ run, address, bytes }: { run: string; address: string; bytes: number }) {
  const [isShown, setIsShown] = useState(false);
  if (isShown) return <WholeConfig run={run} address={address} bytes={bytes} />;
  return (
    <p>
      <button type="button" onClick={() => setIsShown(true)}>
        Show the config
      </button>{" "}
      <span class="soft">{bytesText(bytes)}</span>
    </p>
  );
}

function WholeConfig({ run, address, bytes }: { run: string; address: string; bytes: number }) {
  const reading = useReading(`input ${run} ${address} ${bytes}`, async (signal) => {
    const { input } = await platform.runs.handle(run).step(address, { outputLimit: 0, signal });
    return input;
  });
  const { value } = reading.state.value;
  if (value !== null) return <ConfigText address={address} config={value.config} />;
  return <Unread reading={reading} rows={4} label="Reading the config" />;
}

/** What stays as it is written, and why. */
function Unknown({ unknown }: { unknown: NonNullable<StepInput["unknown"]> }) {
  if (unknown.length === 0) return null;
  return (
    <ul class="input-unknown">
      {unknown.map(({ path, message }) => (
        <li key={path.join("/")}>
          {path.length > 0 && <code>{path.join(".")}</code>} <span class="soft">{message}</span>
        </li>
      ))}
    </ul>
  );
}
