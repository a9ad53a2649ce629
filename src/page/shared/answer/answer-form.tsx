import { useMemo, useState } from "preact/hooks";
import { ApiError } from "../../../client/errors.ts";
import type { Json } from "../../../schemas/json/json.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { useActions } from "../../keys/keys.ts";
import { ANY, beginOf, inputFieldOf } from "../form/fields.ts";
import type { FaultsByPlace } from "../form/input.ts";
import { JsonInput } from "../form/json-input.tsx";
import { SchemaForm } from "../form/schema-form.tsx";
import { ProblemLine } from "../states/states.tsx";
import { type Answer, answersOf, decisionIn, type Meaning } from "./answers.ts";
import type { Awaiting } from "./awaited.ts";

const KEYS: Partial<Record<Meaning, string>> = { approve: "a", reject: "d" };

interface AnswerFormProps {
  step: Awaiting;
  /** Of what may be sent; null for anything. */
  schema: object | null;
  onSent: (signal: string, status: string) => void;
}

/** Asks for what the step takes, and sends it with one of its signals. */
export function AnswerForm({ step: { run, signals }, schema, onSent }: AnswerFormProps) {
  const field = useMemo(() => (schema === null ? ANY : inputFieldOf(schema)), [schema]);
  const decision = decisionIn(field);
  const [body, setBody] = useState<unknown>(() => beginOf(field));
  const [faults, setFaults] = useState<FaultsByPlace>(new Map());
  useActions([
    { key: "a", name: "To the button that approves", run: () => focusOn("approve") },
    { key: "d", name: "To the button that rejects", run: () => focusOn("reject") },
  ]);

  const {
    run: send,
    isBusy,
    problem,
  } = useDoing(async (answer: Answer) => {
    setFaults(new Map());
    try {
      const { status } = await platform.runs.handle(run).signal(answer.signal, bodyOf(body, answer));
      onSent(answer.signal, status);
    } catch (error) {
      setFaults(faultsOf(error));
      throw error;
    }
  });

  const props = { value: body, onChange: setBody, faults, place: "" };
  const json = (
    <div class="form-field">
      <JsonInput {...props} field={field} label="JSON to send" />
    </div>
  );
  return (
    <section class="answer-form" aria-label="Answer">
      {field.kind === "object" && (
        <SchemaForm {...props} field={{ ...field, fields: field.fields.filter(([name]) => name !== decision) }} />
      )}
      {field.kind !== "object" && schema !== null && json}
      {schema === null && (
        <details>
          <summary>Send JSON with it</summary>
          {json}
        </details>
      )}
      <ProblemLine
        problem={
          problem && faults.size > 0 && !faults.has("")
            ? { ...problem, text: "Not sent: see above what does not fit." }
            : problem
        }
      />
      <div class="answer-buttons">
        {answersOf(signals, decision).map((answer) => (
          <button
            key={answer.label}
            type="button"
            aria-keyshortcuts={KEYS[answer.meaning]}
            title={`Sends the signal ${answer.signal}`}
            data-answer={answer.meaning}
            class={answer.meaning === "reject" ? "danger" : "primary"}
            disabled={isBusy}
            onClick={() => send(answer)}
          >
            <span class="cut">{answer.label}</span>
            {KEYS[answer.meaning] !== undefined && <kbd>{KEYS[answer.meaning]}</kbd>}
          </button>
        ))}
      </div>
    </section>
  );
}

/** A key alone sends nothing: it leads to the button, and Enter presses that. */
function focusOn(meaning: Meaning): void {
  document.querySelector<HTMLElement>(`[data-answer="${meaning}"]`)?.focus();
}

/** What is sent: nothing is null. */
function bodyOf(body: unknown, answer: Answer): Json {
  const whole = Object.keys(answer.with).length === 0 ? body : { ...Object(body), ...answer.with };
  return JSON.parse(JSON.stringify(whole ?? null));
}

/** What an answer says is wrong with the body, by the place in it. */
function faultsOf(error: unknown): FaultsByPlace {
  const faults = new Map<string, string>();
  for (const { loc, msg } of error instanceof ApiError ? error.faults : []) {
    const [root, ...place] = loc;
    if (root === "body") faults.set(place.join("."), msg);
  }
  return faults;
}
