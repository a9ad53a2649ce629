import { hrefOf } from "../../../address/address.ts";
import { authored } from "../../../data/authored.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { stepsOf } from "../../../shared/drawing/steps.ts";
import { Failed, LoadingRows } from "../../../shared/states/states.tsx";
import { compare } from "../../diff/compare.ts";
import { Summary } from "../../diff/summary.tsx";
import type { ShownRun } from "../shown-run.ts";

/** What the newest version changed since that of the run. */
export function NewerVersion({ run, definition }: Pick<ShownRun, "run" | "definition">) {
  const reading = useReading(`newest ${run.workflow_id}`, (signal) =>
    platform.workflows.get(run.workflow_id, { signal }),
  );
  const { value: newest, problem } = reading.state.value;
  if (newest === null)
    return problem === null ? (
      <LoadingRows rows={2} label="Reading the newest version" />
    ) : (
      <Failed problem={problem} />
    );
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
