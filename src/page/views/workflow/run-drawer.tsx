import { useMemo, useState } from "preact/hooks";
import type { Json } from "../../../schemas/json/json.ts";
import { go } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import type { Problem } from "../../data/problem.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { ANY, beginOf, inputFieldOf } from "../../shared/form/fields.ts";
import type { FaultsByPlace } from "../../shared/form/input.ts";
import { JsonInput } from "../../shared/form/json-input.tsx";
import { SchemaForm } from "../../shared/form/schema-form.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import { PayloadBegins } from "./payload-begins.tsx";
import { faultsOfPayload } from "./payload-faults.ts";
import type { TabProps } from "./tab.ts";

interface RunDrawerProps extends TabProps {
  /** The payload that the form begins with, as that of another run; what the workflow says itself without it. */
  begin?: unknown;
  onClose(): void;
}

/** Starts a run: with a form, where the workflow says what it takes. */
export function RunDrawer({ workflow, begin, onClose }: RunDrawerProps) {
  const { uuid, name, input } = workflow;
  const field = useMemo(() => inputFieldOf(input), [input]);
  const [payload, setPayload] = useState<unknown>(() => begin ?? beginOf(field) ?? {});
  const [asJson, setAsJson] = useState(field.fields.length === 0);
  const [begun, setBegun] = useState(0);
  const [key, setKey] = useState("");
  const [startAt, setStartAt] = useState("");
  const [faults, setFaults] = useState<FaultsByPlace>(new Map());

  const {
    run: start,
    isBusy,
    problem,
  } = useDoing(async () => {
    try {
      const run = await platform.trigger(uuid, {
        payload: asPayload(payload),
        ...(key === "" ? {} : { idempotencyKey: key }),
        ...(startAt === "" ? {} : { startAt }),
      });
      go(`/runs/${run.id}`);
    } catch (error) {
      setFaults(faultsOfPayload(error));
      throw error;
    }
  });

  return (
    <Dialog title={`Run ${name}`} isDrawer onClose={onClose}>
      <form
        class="run-form"
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <PayloadBegins
          workflow={uuid}
          onPayload={(one) => {
            setPayload(one);
            setBegun(begun + 1);
          }}
        />
        {asJson ? (
          <div class="form-field" key={begun}>
            <span class="form-label">Payload</span>
            <JsonInput field={ANY} value={payload} onChange={setPayload} faults={faults} place="" label="Payload" />
          </div>
        ) : (
          <SchemaForm key={begun} field={field} value={payload} onChange={setPayload} faults={faults} place="" />
        )}
        {field.fields.length > 0 && (
          <label class="run-as-json">
            <input
              type="checkbox"
              checked={asJson}
              onChange={({ currentTarget }) => setAsJson(currentTarget.checked)}
            />{" "}
            As JSON
          </label>
        )}
        <details>
          <summary>When, and once</summary>
          <label class="form-field">
            Start at
            <input
              type="text"
              placeholder="2026-11-29T17:00:00Z"
              value={startAt}
              onInput={({ currentTarget }) => setStartAt(currentTarget.value)}
            />
          </label>
          <label class="form-field">
            Idempotency key
            <input
              type="text"
              value={key}
              onInput={({ currentTarget }) => setKey(currentTarget.value)}
              autocomplete="off"
            />
          </label>
        </details>
        <ProblemLine problem={faults.size === 0 || asJson ? problem : atFields(problem, faults.size)} />
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Not now
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            Run
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What stands at fields is not said twice. */
function atFields(problem: Problem | null, faults: number): Problem | null {
  return problem && { ...problem, text: `Not started: ${faults === 1 ? "a field is" : `${faults} fields are`} wrong` };
}

/** What is no object is sent all the same: the platform says what is wrong with it. */
function asPayload(value: unknown): Record<string, Json> {
  return JSON.parse(JSON.stringify(value ?? {}));
}
