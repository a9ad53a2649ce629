import type { StoredDefinition } from "../../../../client/definitions.ts";
import { hrefOf } from "../../../address/address.ts";
import { authored } from "../../../data/authored.ts";
import type { Reading } from "../../../data/reading.ts";
import { stepsOf } from "../../../shared/drawing/steps.ts";
import { Unread } from "../../../shared/states/states.tsx";
import { compare } from "../../diff/compare.ts";
import { Summary } from "../../diff/summary.tsx";
import type { ShownRun } from "../shown-run.ts";

interface NewerVersionProps extends Pick<ShownRun, "run" | "definition"> {
  newest: Reading<StoredDefinition>;
}

/** What the newest version changed since that of the run. */
export function NewerVersion({ run, definition, newest: reading }: NewerVersionProps) {
  const { value: newest } = reading.state.value;
  if (newest === null) return <Unread reading={reading} rows={2} label="Reading the newest version" />;
  if (newest.version === run.workflow_version) return <p class="note">v{newest.version} of this run is the newest.</p>;
  if (definition === null) return null;
  const side = (of: typeof newest) => ({ definition: authored(of), steps: stepsOf(of) });
  return (
    <div class="newer">
      <p>
        v{run.workflow_version} → v{newest.version}{" "}
        <a href={hrefOf(`/workflows/${run.workflow_id}/diff?from=${run.workflow_version}&to=${newest.version}`)}>
          Show all of it
        </a>
      </p>
      <Summary comparison={compare(side(definition), side(newest))} />
    </div>
  );
}
