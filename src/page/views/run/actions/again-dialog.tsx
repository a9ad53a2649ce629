import { useState } from "preact/hooks";
import type { Json } from "../../../../schemas/json.ts";
import { go } from "../../../address/address.ts";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import { ANY } from "../../../shared/form/fields.ts";
import { JsonInput } from "../../../shared/form/json-input.tsx";
import { Failed, LoadingRows } from "../../../shared/states/states.tsx";
import type { ShownRun } from "../shown-run.ts";
import { Foot } from "./foot.tsx";

/** Starts another run of the workflow's newest version, with the payload of this one as it is or changed. */
export function AgainDialog({ run, onClose }: ShownRun & { onClose(): void }) {
  const reading = useReading(
    `payload ${run.uuid}`,
    async (signal) => (await platform.runs.get(run.uuid, { signal })).payload,
  );
  const { value, problem } = reading.state.value;
  return (
    <Dialog title="Run again" onClose={onClose}>
      {value === null &&
        (problem === null ? <LoadingRows rows={3} label="Reading the payload" /> : <Failed problem={problem} />)}
      {value !== null && <Form workflow={run.workflow_id} begin={value} onClose={onClose} />}
    </Dialog>
  );
}

function Form({ workflow, begin, onClose }: { workflow: string; begin: Record<string, Json>; onClose(): void }) {
  const [payload, setPayload] = useState<unknown>(begin);
  const doing = useDoing(async () => {
    const started = await platform.trigger(workflow, { payload: JSON.parse(JSON.stringify(payload ?? {})) });
    onClose();
    go(`/runs/${started.id}`);
  });
  return (
    <form
      class="run-form"
      onSubmit={(event) => {
        event.preventDefault();
        doing.run();
      }}
    >
      <p class="soft">A new run of the newest version, with this payload.</p>
      <JsonInput field={ANY} value={begin} onChange={setPayload} faults={new Map()} place="" label="Payload" />
      <Foot name="Run" {...doing} onClose={onClose} />
    </form>
  );
}
