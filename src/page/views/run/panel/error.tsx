import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import { Time } from "../../../shared/time/time.tsx";
import { Output } from "./output.tsx";
import type { PanelTabProps } from "./tab.ts";

/** What went wrong, as data, and what the step gave all the same. */
export function StepError({ step, ...shown }: PanelTabProps) {
  const { error, error_details: details, output, address, handled } = step;
  if (error === null) return <p class="soft">It has no error</p>;
  return (
    <>
      <p class="panel-error">{error}</p>
      {handled && <p class="soft">The run went on: this failure was handled.</p>}
      {details !== undefined && (
        <dl class="step-facts">
          <div>
            <dt>Code</dt>
            <dd>
              <code>{details.code}</code>
            </dd>
          </div>
          <div>
            <dt>Attempts</dt>
            <dd>{details.attempts}</dd>
          </div>
          <div>
            <dt>At</dt>
            <dd>
              <Time at={details.at} milliseconds />
            </dd>
          </div>
          {details.step !== address && (
            <div>
              <dt>Step</dt>
              <dd>{details.step}</dd>
            </div>
          )}
        </dl>
      )}
      {details?.details != null && (
        <JsonViewer text={JSON.stringify(details.details)} label={`details of the error of ${address}`} />
      )}
      {output !== null && (
        <>
          <h3>Its output all the same</h3>
          <Output {...shown} step={step} />
        </>
      )}
    </>
  );
}
