import { useState } from "preact/hooks";
import { Answering } from "../../../shared/answer/answering.tsx";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import type { ShownRun } from "../shown-run.ts";
import { OtherSignal } from "./other-signal.tsx";

/** Answers a step of the run that waits for a signal, or sends another signal, which is kept until one does. */
export function SignalDialog({ run, again, onClose }: ShownRun & { onClose(): void }) {
  const waiting = run.waiting.filter(({ kind }) => kind === "signal");
  // What goes on meanwhile stays to be seen.
  const [steps] = useState(waiting);
  const [chosen, setChosen] = useState(steps[0]?.address ?? null);
  const step = steps.find(({ address }) => address === chosen);
  const sent = () => {
    again();
    onClose();
  };
  return (
    <Dialog title={step === undefined ? "Send a signal" : `Send a signal to ${step.address}`} onClose={onClose}>
      {steps.length > 1 && (
        <label class="form-field">
          Step
          <select value={chosen ?? ""} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {steps.map(({ address }) => (
              <option key={address} value={address}>
                {address}
              </option>
            ))}
          </select>
        </label>
      )}
      {step !== undefined && (
        <Answering
          key={step.address}
          step={{
            run: run.uuid,
            workflow: run.workflow_id,
            version: run.workflow_version,
            address: step.address,
            signals: step.signals ?? [],
          }}
          isGone={!waiting.some(({ address }) => address === step.address)}
          onSent={sent}
        />
      )}
      {step === undefined ? (
        <OtherSignal run={run.uuid} onSent={sent} onClose={onClose} />
      ) : (
        <details class="other-signal">
          <summary>Send another signal</summary>
          <OtherSignal run={run.uuid} onSent={sent} onClose={onClose} />
        </details>
      )}
    </Dialog>
  );
}
