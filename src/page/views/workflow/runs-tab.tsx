import { hrefOf, pathWith } from "../../address/address.ts";
import { useReading } from "../../data/reading.ts";
import { firstRuns } from "../../data/runs/first-runs.ts";
import { useWalk } from "../../keys/walk.ts";
import { Empty, Unread } from "../../shared/states/states.tsx";
import { Status } from "../../shared/status/status.tsx";
import { Time, Took } from "../../shared/time/time.tsx";
import type { TabProps } from "./tab.ts";

const SHOWN = 25;

/** Its last runs. The list of runs has all of them. */
export function RunsTab({ workflow: { uuid } }: TabProps) {
  const reading = useReading(`runs of ${uuid}`, (signal) => firstRuns({ workflow: uuid }, SHOWN, signal));
  const { value } = reading.state.value;
  useWalk(".last-runs a", "run");
  if (value === null) {
    return <Unread reading={reading} label="Loading runs" />;
  }
  const { runs, lookedTo } = value;
  const all = <a href={hrefOf(pathWith("/runs", { workflow: uuid }))}>All runs of this workflow</a>;
  if (runs.length === 0) {
    return (
      <Empty title={lookedTo === null ? "No runs yet" : "No runs lately"}>
        {lookedTo === null ? (
          <p>Run… starts one, and so does a trigger: see the tab Triggers.</p>
        ) : (
          <p>
            None since <Time at={lookedTo} />. {all} go further back.
          </p>
        )}
      </Empty>
    );
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="table-scroll" tabIndex={0} aria-label="Last runs">
        <table class="table last-runs">
          <thead>
            <tr>
              <th>Status</th>
              <th>Version</th>
              <th>Started</th>
              <th>Took</th>
              <th>Error</th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ uuid: run, status, workflow_version, created_at, started_at, completed_at, error }) => (
              <tr key={run}>
                <td>
                  <a href={hrefOf(`/runs/${run}`)}>
                    <Status status={status} />
                  </a>
                </td>
                <td class="number">v{workflow_version}</td>
                <td>
                  <Time at={started_at ?? created_at} />
                </td>
                <td>
                  <Took from={started_at} to={completed_at} isOpen={status === "running"} />
                </td>
                <td class="cut error-cell" title={error ?? undefined}>
                  {error ?? ""}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="table-foot">{all}</p>
    </>
  );
}
