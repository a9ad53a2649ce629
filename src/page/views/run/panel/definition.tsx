import { hrefOf } from "../../../address/address.ts";
import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import { useDefinedStep, valueAt } from "../defined.ts";
import { NoDefinition } from "../no-definition.tsx";
import type { PanelTabProps } from "./tab.ts";

/** What the definition says of the step, at the version of the run. */
export function StepDefinition({ step, ...shown }: PanelTabProps) {
  const { run, definition, isDeleted } = shown;
  const { defined } = useDefinedStep(definition, step.path);
  if (definition === null) return <NoDefinition {...shown} />;
  if (defined === null) return <p class="soft">The definition has no such step</p>;
  const edit = `/workflows/${run.workflow_id}/edit?version=${run.workflow_version}`;
  return (
    <>
      <JsonViewer text={JSON.stringify(valueAt(definition, defined.loc))} label={`definition of ${step.address}`} />
      {!isDeleted && (
        <p>
          <a href={hrefOf(edit)}>Edit from version {run.workflow_version}</a>
        </p>
      )}
    </>
  );
}
