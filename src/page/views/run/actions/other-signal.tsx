import { useState } from "preact/hooks";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { ANY } from "../../../shared/form/fields.ts";
import { JsonInput } from "../../../shared/form/json-input.tsx";
import { Foot } from "./foot.tsx";

interface OtherSignalProps {
  run: string;
  onSent(): void;
  onClose(): void;
}

/** A signal of any name, which is kept for the run until a step waits for it. */
export function OtherSignal({ run, onSent, onClose }: OtherSignalProps) {
  const [name, setName] = useState("");
  const [body, setBody] = useState<unknown>({});
  const doing = useDoing(async () => {
    await platform.runs.handle(run).signal(name, JSON.parse(JSON.stringify(body ?? null)));
    onSent();
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        doing.run();
      }}
    >
      <p class="soft">It is kept until a step of the run waits for it.</p>
      <label class="form-field">
        Name
        <input type="text" required value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
      </label>
      <div class="form-field">
        <span>Body</span>
        <JsonInput field={ANY} value={body} onChange={setBody} faults={new Map()} place="" label="Body" />
      </div>
      <Foot name="Send" {...doing} onClose={onClose} />
    </form>
  );
}
