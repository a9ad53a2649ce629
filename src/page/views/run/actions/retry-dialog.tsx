import { useState } from "preact/hooks";
import { address, go } from "../../../address/address.ts";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import type { ShownRun } from "../shown-run.ts";
import { effectsFrom, placesToBegin } from "./effects.ts";
import { Foot } from "./foot.tsx";
import { NewerVersion } from "./newer-version.tsx";

/** Tries a run again, from a step of it, under its own definition or the one that was mended. */
export function RetryDialog({ run, onClose, definition }: ShownRun & { onClose(): void }) {
  const places = placesToBegin(run);
  const failed = run.error_details?.step ?? places.find(({ status }) => status !== "success")?.address ?? "";
  const chosen = address.value.query.get("step");
  const [from, setFrom] = useState(places.some((step) => step.address === chosen) && chosen !== null ? chosen : "");
  const [version, setVersion] = useState<"same" | "latest">("same");
  const effects = effectsFrom(run, from === "" ? failed : from);
  const doing = useDoing(async () => {
    const retried = await platform.runs.handle(run.uuid).retry({ version, ...(from !== "" && { from }) });
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
            <option value="">the first step that did not succeed{failed === "" ? "" : `: ${failed}`}</option>
            {places.map(({ address: place, status }, index) => (
              <option key={place} value={place}>
                {index === 0 ? `the beginning: ${place}` : place} ({status})
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
            <input type="radio" name="version" checked={version === "latest"} onChange={() => setVersion("latest")} />{" "}
            the newest version
          </label>
        </fieldset>
        {version === "latest" && <NewerVersion run={run} definition={definition} />}
        {effects.length > 0 && (
          <p class="note">
            Acts on the world again: {effects.slice(0, 8).join(", ")}
            {effects.length > 8 ? ` and ${effects.length - 8} more` : ""}
          </p>
        )}
        <Foot name="Retry" {...doing} onClose={onClose} />
      </form>
    </Dialog>
  );
}
