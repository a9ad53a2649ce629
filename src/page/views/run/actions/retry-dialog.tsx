import { useState } from "preact/hooks";
import type { Json } from "../../../../schemas/json/json.ts";
import { address, go } from "../../../address/address.ts";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import type { ShownRun } from "../shown-run.ts";
import { placesToBegin } from "./effects.ts";
import { Foot } from "./foot.tsx";
import { NewerVersion } from "./newer-version.tsx";
import { OtherPayload } from "./other-payload.tsx";
import { RetryEffects } from "./retry-effects.tsx";

/** Tries a run again, from a step of it, under its own definition or the one that was mended, with its payload or another. */
export function RetryDialog({ run, onClose, definition, isDeleted }: ShownRun & { onClose(): void }) {
  const places = placesToBegin(run);
  const chosen = address.value.query.get("step");
  const [from, setFrom] = useState(places.some((step) => step.address === chosen) && chosen !== null ? chosen : "");
  const [version, setVersion] = useState<"same" | "latest">("same");
  const [payload, setPayload] = useState<Record<string, Json> | null>(null);
  const newest = useReading(`newest ${run.workflow_id}`, (signal) =>
    platform.workflows.get(run.workflow_id, { signal }),
  );
  const under = version === "same" ? definition : newest.state.value.value;
  const doing = useDoing(async () => {
    const retried = await platform.runs.handle(run.uuid).retry({
      version,
      ...(from !== "" && { from }),
      ...(payload !== null && { payload }),
    });
    onClose();
    go(`/runs/${retried.id}`);
  });
  return (
    <Dialog title="Retry this run" onClose={onClose}>
      <form
        class="run-form"
        onSubmit={(event) => {
          event.preventDefault();
          doing.run();
        }}
      >
        <p class="soft">A new run keeps what this one did before a step, and does the rest.</p>
        <label class="form-field">
          From
          <select value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value)}>
            <option value="">
              {run.status === "success" ? "the beginning: all of it again" : "the first step that did not succeed"}
            </option>
            {places.map(({ address: place, status }) => (
              <option key={place} value={place}>
                {place} ({status})
              </option>
            ))}
          </select>
        </label>
        <fieldset class="choices">
          <legend>Under</legend>
          <label>
            <input type="radio" name="version" checked={version === "same"} onChange={() => setVersion("same")} /> the
            version of this run, v{run.workflow_version}
          </label>
          <label>
            <input
              type="radio"
              name="version"
              disabled={isDeleted}
              checked={version === "latest"}
              onChange={() => setVersion("latest")}
            />{" "}
            the newest version{isDeleted && ": its workflow was deleted"}
          </label>
        </fieldset>
        {version === "latest" && <NewerVersion {...{ run, definition, newest }} />}
        <OtherPayload run={run.uuid} onPayload={setPayload} />
        {(version === "same" || under !== null) && <RetryEffects run={run.uuid} from={from} definition={under} />}
        <Foot name="Retry" {...doing} onClose={onClose} />
      </form>
    </Dialog>
  );
}
