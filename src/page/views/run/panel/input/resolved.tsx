import { ApiError } from "../../../../../client/errors.ts";
import { platform } from "../../../../data/platform.ts";
import { useReading } from "../../../../data/reading.ts";
import type { DrawnStep } from "../../../../shared/drawing/steps.ts";
import { JsonViewer } from "../../../../shared/json/json-viewer.tsx";
import { bytesText } from "../../../../shared/json/nodes.ts";
import { Failed, LoadingRows } from "../../../../shared/states/states.tsx";
import { valueAt } from "../../defined.ts";
import type { PanelTabProps } from "../tab.ts";
import { type Found, sourcesIn, withValues } from "./placeholders.ts";
import { type Kept, valuesOf } from "./values.ts";

/** Bytes of a payload or an output that is read for this. */
const MOST_BYTES = 256 * 1024;

interface ResolvedProps extends PanelTabProps {
  config: unknown;
  steps: readonly DrawnStep[];
  /** The path of the step in the definition. */
  defined: string;
}

/** The config with values in place of its placeholders, as what is kept of the run gives them now. */
export function Resolved({ run, definition, step, config, steps, defined }: ResolvedProps) {
  const standing = { steps, path: step.path, defined, valueAt: (loc: (string | number)[]) => valueAt(definition, loc) };
  const reading = useReading(`input ${run.uuid} ${step.address} ${step.status} ${definition?.version}`, (signal) =>
    valuesOf(config, standing, keptOf(run, signal)),
  );
  if (sourcesIn(config).size === 0) return null;
  const { value: found, problem } = reading.state.value;
  return (
    <>
      <h3>Config, as it would be now</h3>
      {found === null && problem === null && <LoadingRows rows={3} label="Reading what the config names" />}
      {found === null && problem !== null && <Failed problem={problem} again={() => reading.again()} />}
      {found !== null && (
        <>
          <p class="soft">
            What a step was given is not kept. This is made now of the payload and the outputs that are
            {step.type === "webhook" ? "; in an address, values are encoded when it is sent." : "."}
          </p>
          <JsonViewer
            text={JSON.stringify(withValues(config, found))}
            label={`config of ${step.address} as it would be`}
          />
          <Unknown found={found} />
        </>
      )}
    </>
  );
}

/** What stays as it is written, and why. */
function Unknown({ found }: { found: ReadonlyMap<string, Found> }) {
  const unknown = [...found].flatMap(([text, one]) => ("why" in one ? [{ text, why: one.why }] : []));
  if (unknown.length === 0) return null;
  return (
    <ul class="input-unknown">
      {unknown.map(({ text, why }) => (
        <li key={text}>
          <code>{text}</code> <span class="soft">is not known: {why}</span>
        </li>
      ))}
    </ul>
  );
}

/** Each part is read once, however many placeholders name it. */
function keptOf({ uuid, payload_bytes }: PanelTabProps["run"], signal: AbortSignal): Kept {
  const handle = platform.runs.handle(uuid);
  const known = new Map<string, Promise<Found>>();
  const once = (name: string, read: () => Promise<Found>) => {
    const found = known.get(name) ?? read();
    known.set(name, found);
    return found;
  };
  return {
    payload: () =>
      once("payload", async () =>
        payload_bytes > MOST_BYTES ? tooLarge(payload_bytes) : { value: await handle.payload({ signal }) },
      ),
    output: (address) => once(`step ${address}`, () => outputOf(address)),
    async evaluate(expression, context) {
      try {
        return {
          value: await platform.workflows.evaluate(expression, JSON.parse(JSON.stringify(context)), { signal }),
        };
      } catch (error) {
        if (!(error instanceof ApiError) || error.faults.length === 0) throw error;
        return { why: error.faults[0]?.msg ?? error.message };
      }
    },
  };

  async function outputOf(address: string): Promise<Found> {
    try {
      const { status, output, output_bytes, handled } = await handle.step(address, { outputLimit: MOST_BYTES, signal });
      if (output === undefined) return tooLarge(output_bytes);
      return status === "success" || (handled === true && output !== null)
        ? { value: output }
        : { why: `${address} gave no output` };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "step_not_found") throw error;
      return { why: `${address} has not run, or nothing of it is kept` };
    }
  }
}

function tooLarge(bytes: number): Found {
  return { why: `${bytesText(bytes)} are too much to be put in here` };
}
