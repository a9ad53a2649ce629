import { hrefOf, pathWith } from "../../address/address.ts";
import { Status } from "../../shared/status/status.tsx";
import { Time, Took } from "../../shared/time/time.tsx";
import type { Side } from "./reading.ts";

/** One of both runs. */
export function SideCard({ letter, side: { run, name }, other }: { letter: string; side: Side; other: Side }) {
  const { uuid, workflow_id, workflow_version: version, status, created_at, started_at, completed_at, error } = run;
  const isOlder = version < other.run.workflow_version;
  const isChanged = workflow_id === other.run.workflow_id && version !== other.run.workflow_version;
  const versions = {
    from: Math.min(version, other.run.workflow_version),
    to: Math.max(version, other.run.workflow_version),
  };
  return (
    <section class="compare-side" aria-label={`Run ${letter}`}>
      <header>
        <span class={`compare-letter compare-${letter}`} aria-hidden="true">
          {letter}
        </span>
        <h2 class="cut" title={name}>
          <a href={hrefOf(`/workflows/${workflow_id}`)}>{name}</a>
        </h2>
        <span class="soft">v{version}</span>
        {isChanged && !isOlder && (
          <a href={hrefOf(pathWith(`/workflows/${workflow_id}/diff`, versions))}>what changed since v{versions.from}</a>
        )}
      </header>
      <p class="compare-facts">
        <Status status={status} />
        <Time at={started_at ?? created_at} day="always" />
        <Took from={started_at} to={completed_at} isOpen={status === "running"} />
        <a class="mono" href={hrefOf(`/runs/${uuid}`)}>
          {uuid.slice(0, 13)}…<span class="sr-only">, the run</span>
        </a>
      </p>
      {error !== null && <p class="compare-error">{error}</p>}
    </section>
  );
}
