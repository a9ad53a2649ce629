import { useMemo, useState } from "preact/hooks";
import type { TestedRun } from "../../../client/definitions.ts";
import { outputOf } from "../../../client/run-handle.ts";
import { address, choose, go } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { useActions } from "../../keys/keys.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { Drawing } from "../../shared/drawing/drawing.tsx";
import { statesOf } from "../../shared/drawing/states.ts";
import { stepsOf } from "../../shared/drawing/steps.ts";
import { JsonViewer } from "../../shared/json/json-viewer.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import { Status } from "../../shared/status/status.tsx";
import { durationText } from "../../shared/time/format.ts";
import type { Example } from "./examples.ts";
import { StartedBy } from "./started-by.tsx";
import { UseExample } from "./use-example.tsx";

/** An example: what it is for, its drawing, its text, and what comes of it with mocks. */
export function ChosenExample({ example }: { example: Example }) {
  const { id, definition, test } = example;
  const [run, setRun] = useState<TestedRun | null>(null);
  const steps = useMemo(() => stepsOf(definition), [definition]);
  const states = useMemo(() => (run === null ? new Map() : statesOf(steps, Object.entries(run.step_results))), [run]);
  const text = JSON.stringify(definition, null, 2);
  const { run: start, problem } = useDoing(async () => setRun(await platform.workflows.test({ definition, ...test })));
  useActions([{ key: "r", name: "Try the example with mocks", run: start }]);
  return (
    <section class="example" aria-labelledby="example-name">
      <div class="example-head">
        <h2 id="example-name">{definition.name}</h2>
        <button type="button" class="primary" onClick={start}>
          Try with mocks
        </button>
        <UseExample example={example} />
      </div>
      <p>{String(definition.description ?? "")}</p>
      <StartedBy id={id} />
      <ProblemLine problem={problem} />
      {run !== null && (
        <div class="example-run" aria-live="polite">
          <Status status={run.status} />
          <span class="soft">
            would have taken {durationText(run.virtual_seconds * 1000)}; nothing was sent or stored
          </span>
          {run.error !== null && <p class="problem">{run.error}</p>}
        </div>
      )}
      <div class="example-drawing">
        <Drawing
          steps={steps}
          states={states}
          selected={address.value.query.get("step")}
          onSelect={({ path }) => go(choose({ step: path }))}
          label={definition.name}
        />
      </div>
      {run?.status === "success" && <JsonViewer text={JSON.stringify(outputOf(run), null, 2)} label="Output" />}
      <div class="example-text">
        <div class="example-head">
          <h3>Definition</h3>
          <CopyButton text={text} what="the definition" />
        </div>
        <JsonViewer text={text} label="Definition" />
      </div>
    </section>
  );
}
