import { useState } from "preact/hooks";
import type { Definition, TestedRun } from "../../../client/definitions.ts";
import { ApiError } from "../../../client/errors.ts";
import { platform } from "../../data/platform.ts";
import { problemOf } from "../../data/problem.ts";
import { useReading } from "../../data/reading.ts";
import { type States, statesOf } from "../../shared/drawing/states.ts";
import { JsonEditor } from "../../shared/editor/json-editor.tsx";
import { inputFieldOf, sampleOf } from "../../shared/form/fields.ts";
import { mocksFor } from "./mocks.ts";
import type { TextState } from "./text-state.ts";
import { TriedRun } from "./tried-run.tsx";

interface TryItProps {
  state: TextState;
  /** What became of each step, to be drawn; null where it could not be tried. */
  onTried: (states: States | null) => void;
}

/** Runs the text in virtual time: waits are over at once, and nothing is sent. */
export function TryIt({ state, onTried }: TryItProps) {
  const types = useReading("step types", (signal) => platform.workflows.stepTypes({ signal })).state.value.value;
  if (types === null) return <p class="problems-line soft">Loading…</p>;
  const begin = {
    payload: textOf(sampleOf(inputFieldOf(inputIn(state.definition.peek())))),
    mocks: textOf(mocksFor(state.steps.peek(), types)),
  };
  return <TestForm key={state.workflow} state={state} begin={begin} onTried={onTried} />;
}

function TestForm({ state, begin, onTried }: TryItProps & { begin: { payload: string; mocks: string } }) {
  const [first] = useState(begin);
  const [payload, setPayload] = useState(begin.payload);
  const [mocks, setMocks] = useState(begin.mocks);
  const [run, setRun] = useState<TestedRun | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isRunning, setIsRunning] = useState(false);

  const start = async () => {
    setIsRunning(true);
    setProblem(null);
    try {
      const definition: Definition = JSON.parse(state.text.value);
      const given = { payload: JSON.parse(payload), mocks: JSON.parse(mocks) };
      const tried = await platform.workflows.test({ definition, ...given });
      setRun(tried);
      onTried(statesOf(state.steps.value, Object.entries(tried.step_results)));
    } catch (error) {
      setRun(null);
      onTried(null);
      setProblem(textOfProblem(error));
    }
    setIsRunning(false);
  };

  return (
    <div class="try">
      <div class="try-given">
        <section aria-label="Payload">
          <h3>Payload</h3>
          <JsonEditor text={first.payload} label="Payload" onChange={setPayload} />
        </section>
        <section aria-label="Mocks">
          <h3>
            Mocks <span class="soft">what steps that act on the world come to</span>
          </h3>
          <JsonEditor text={first.mocks} label="Mocks" onChange={setMocks} />
        </section>
        <button type="button" class="primary" disabled={isRunning || !state.isJson.value} onClick={start}>
          Run in virtual time
        </button>
      </div>
      <div class="try-came" aria-live="polite">
        {problem !== null && <p class="problem">{problem}</p>}
        {run === null && problem === null && (
          <p class="soft">Waits are over at once, nothing is sent, nothing is stored.</p>
        )}
        {run !== null && <TriedRun run={run} payload={payload} mocks={mocks} definition={state.definition.value} />}
      </div>
    </div>
  );
}

function textOfProblem(error: unknown): string {
  if (error instanceof SyntaxError) return `The payload or the mocks are no JSON: ${error.message}`;
  if (error instanceof ApiError && error.faults.length > 0) {
    return error.faults.map(({ loc, msg }) => `${loc.slice(1).join(".")}: ${msg}`).join("\n");
  }
  return problemOf(error).text;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function inputIn(definition: unknown): unknown {
  return typeof definition === "object" && definition !== null && "input" in definition ? definition.input : undefined;
}
