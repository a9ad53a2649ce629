import { useState } from "preact/hooks";
import type { Json } from "../../../../schemas/json/json.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { ANY } from "../../../shared/form/fields.ts";
import { JsonInput } from "../../../shared/form/json-input.tsx";
import { Unread } from "../../../shared/states/states.tsx";

interface OtherPayloadProps {
  run: string;
  /** What is given in place of the run's own; null for that. */
  onPayload(payload: Record<string, Json> | null): void;
}

/** The run's payload to be changed, where somebody wants that: it may be large, and is read only then. */
export function OtherPayload({ run, onPayload }: OtherPayloadProps) {
  const [isOther, setIsOther] = useState(false);
  return (
    <div class="other-payload">
      <label>
        <input
          type="checkbox"
          checked={isOther}
          onChange={({ currentTarget: { checked } }) => {
            setIsOther(checked);
            if (!checked) onPayload(null);
          }}
        />{" "}
        With another payload
      </label>
      {isOther && <Payload run={run} onPayload={onPayload} />}
    </div>
  );
}

function Payload({ run, onPayload }: OtherPayloadProps) {
  const reading = useReading(`payload ${run}`, (signal) => platform.runs.handle(run).payload({ signal }));
  const { value } = reading.state.value;
  if (value === null) return <Unread reading={reading} rows={3} label="Reading the payload" />;
  const change = (changed: unknown) => onPayload(JSON.parse(JSON.stringify(changed ?? {})));
  return <JsonInput field={ANY} value={value} onChange={change} faults={new Map()} place="" label="Payload" />;
}
