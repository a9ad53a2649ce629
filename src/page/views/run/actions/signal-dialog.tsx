import { useState } from "preact/hooks";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import type { Field } from "../../../shared/form/fields.ts";
import { JsonInput } from "../../../shared/form/json-input.tsx";
import type { ShownRun } from "../shown-run.ts";
import { Foot } from "./foot.tsx";

const ANY: Field = { kind: "json", schema: {}, fields: [], item: null, required: [] };

/** Sends the run a signal, of those that it waits for or another one, which is kept until it does. */
export function SignalDialog({ run, again, onClose }: ShownRun & { onClose(): void }) {
  const names = (run.waiting ?? []).flatMap(({ signals = [] }) => signals);
  const [name, setName] = useState(names[0] ?? "");
  const [body, setBody] = useState<unknown>({});
  const doing = useDoing(async () => {
    await platform.runs.handle(run.uuid).signal(name, JSON.parse(JSON.stringify(body ?? null)));
    again();
    onClose();
  });
  return (
    <Dialog title="Send a signal" onClose={onClose}>
      <form
        class="run-form"
        onSubmit={(event) => {
          event.preventDefault();
          doing.run();
        }}
      >
        <label class="form-field">
          Name
          <input
            type="text"
            list="signal-names"
            required
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <datalist id="signal-names">
          {names.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <div class="form-field">
          Body
          <JsonInput field={ANY} value={body} onChange={setBody} faults={new Map()} place="" label="Body" />
        </div>
        <Foot name="Send" {...doing} onClose={onClose} />
      </form>
    </Dialog>
  );
}
