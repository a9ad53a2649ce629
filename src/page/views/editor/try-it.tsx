import { useState } from "preact/hooks";
import type { Definition, TestedRun } from "../../../client/definitions.ts";
import { ApiError } from "../../../client/errors.ts";
import { platform } from "../../data/platform.ts";
import { problemOf } from "../../data/problem.ts";
import { useReading } from "../../data/reading.ts";
import { type States, statesOf } from "../../shared/drawing/states.ts";
import { JsonEditor } from "../../shared/editor/json-editor.tsx";
import { inputFieldOf, sampleOf } from "../../shared/form/fields.ts";
import { NotRead } from "../../shared/states/states.tsx";
import { mocksFor, signalsFor } from "./mocks.ts";
import type { TextState } from "./text-state.ts";
import { TriedRun } from "./tried-run.tsx";

interface TryItProps {
  state: TextState;
  /** What became of each step, to be drawn; null where it could not be tried. */
  onTried: (states: States | null) => void;
}

/** What a test is given, as texts of JSON. */
interface Given {
  payload: string;
  mocks: string;
  signals: string;
}

const PARTS: [part: keyof Given, label: string, says: string][] = [
  ["payload", "Payload", ""],
  ["mocks", "Mocks", "what steps that act on the world come to"],
  ["signals", "Signals", "what is sent to the run, so many seconds after its begin"],
];

/** Runs the text in virtual time: waits are over at once, and nothing is sent. */
export function TryIt({ state, onTried }: TryItProps) {
  const reading = useReading("step types", (signal) => platform.workflows.stepTypes({ signal }));
  const { value: types, problem } = reading.state.value;
  if (types === null)
    return problem === null ? (
      <p class="problems-line soft">Loading…</p>
    ) : (
      <NotRead what="The step types" problem={problem} again={() => reading.again()} />
    );
  const begin = {
    payload: textOf(sampleOf(inputFieldOf(inputIn(state.definition.peek())))),
    mocks: textOf(mocksFor(state.steps.peek(), types)),
    signals: textOf(signalsFor(state.steps.peek())),
  };
  return <TestForm key={state.workflow} state={state} begin={begin} onTried={onTried} />;
}

function TestForm({ state, begin, onTried }: TryItProps & { begin: Given }) {
  const [first] = useState(begin);
  const [given, setGiven] = useState(begin);
  const [tried, setTried] = useState<{ run: TestedRun; given: object } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isRunning, setIsRunning] = useState(false);

  const start = async () => {
    setIsRunning(true);
    setProblem(null);
    try {
      const definition: Definition = JSON.parse(state.text.value);
      const read = readGiven(given);
      const run = await platform.workflows.test({ definition, ...read });
      setTried({ run, given: read });
      onTried(statesOf(state.steps.value, Object.entries(run.step_results)));
    } catch (error) {
      setTried(null);
      onTried(null);
      setProblem(textOfProblem(error));
    }
    setIsRunning(false);
  };

  return (
    <div class="try">
      <div class="try-given">
        {PARTS.filter(([part]) => part !== "signals" || first.signals !== "[]").map(([part, label, says]) => (
          <section key={part} aria-label={label}>
            <h3>
              {label} <span class="soft">{says}</span>
            </h3>
            <JsonEditor
              text={first[part]}
              label={label}
              onChange={(text) => setGiven((all) => ({ ...all, [part]: text }))}
            />
          </section>
        ))}
      </div>
      <div class="try-came">
        <button type="button" class="primary try-start" disabled={isRunning || !state.isJson.value} onClick={start}>
          Run in virtual time
        </button>
        <div class="try-outcomes" aria-live="polite">
          {problem !== null && <p class="problem">{problem}</p>}
          {tried === null && problem === null && (
            <p class="soft">Waits are over at once, nothing is sent, nothing is stored.</p>
          )}
          {tried !== null && <TriedRun {...tried} definition={state.definition.value} />}
        </div>
      </div>
    </div>
  );
}

/** @throws Error that says which of them is no JSON, and where */
function readGiven({ payload, mocks, signals }: Given) {
  return {
    payload: readPart("payload", payload),
    mocks: readPart("mocks", mocks),
    ...(signals === "[]" ? {} : { signals: readPart("signals", signals) }),
  };
}

function readPart(part: keyof Given, text: string) {
  try {
    return JSON.parse(text);
  } catch (error) {
    const label = PARTS.find(([one]) => one === part)?.[1] ?? part;
    throw new Error(`${label}: this is no JSON. ${error instanceof Error ? error.message : ""}`);
  }
}

function textOfProblem(error: unknown): string {
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
