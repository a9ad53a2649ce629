import { hrefOf } from "../../address/address.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { hasEnded } from "../../shared/status/run-statuses.ts";
import { Status } from "../../shared/status/status.tsx";
import { Time, Took } from "../../shared/time/time.tsx";
import { Actions } from "./actions/actions.tsx";
import { Family } from "./family.tsx";
import { type ShownRun, workflowName } from "./shown-run.ts";

/** What never scrolls away: which run it is, how it is, and what can be done. */
export function Head(shown: ShownRun) {
  const { run, isDeleted } = shown;
  const { uuid, workflow_id, workflow_version, status, created_at, started_at, completed_at, phase, failed_steps } =
    run;
  return (
    <header class="run-head-bar">
      <div class="run-title">
        <h1>
          <a
            class="two-lines"
            href={hrefOf(`/workflows/${workflow_id}?version=${workflow_version}`)}
            title={workflowName(shown)}
          >
            {workflowName(shown)}
          </a>{" "}
          <span class="soft run-version-of">v{workflow_version}</span>
        </h1>
        <span class="run-id">
          <code title={uuid}>{uuid.slice(0, 13)}</code>
          <CopyButton text={uuid} what="the run's id" />
        </span>
      </div>
      <div class="run-facts">
        <Status status={status} detail={phase} />
        {failed_steps !== undefined && status === "success" && (
          <span class="soft">{`${failed_steps} handled ${failed_steps === 1 ? "failure" : "failures"}`}</span>
        )}
        <span>
          {started_at === null && "made "}
          <Time at={started_at ?? created_at} milliseconds />
          {started_at !== null && (
            <>
              <span class="soft"> {hasEnded(status) ? "took" : "for"} </span>
              <Took from={started_at} to={completed_at} isOpen={!hasEnded(status)} />
            </>
          )}
        </span>
        {isDeleted && <span>deleted workflow</span>}
        <Family run={run} />
      </div>
      <Actions {...shown} />
    </header>
  );
}
