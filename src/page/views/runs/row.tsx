import type { RunSummary } from "../../../schemas/runs/run-summary.ts";
import { hrefOf } from "../../address/address.ts";
import { Moon } from "../../shared/status/moon.tsx";
import { hasEnded } from "../../shared/status/run-statuses.ts";
import { Status } from "../../shared/status/status.tsx";
import { durationText } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";
import { Time, Took } from "../../shared/time/time.tsx";

export interface RowProps {
  run: RunSummary;
  index: number;
  isCurrent: boolean;
  isChosen: boolean;
  onFocus(): void;
  /** A range goes on from what was chosen before. */
  onChoose(isRange: boolean): void;
}

/** One run of the list. Its link is what has the focus; it keeps its height whatever it shows. */
export function Row({ run, index, isCurrent, isChosen, onFocus, onChoose }: RowProps) {
  const {
    uuid,
    workflow,
    workflow_version,
    status,
    created_at,
    started_at,
    completed_at,
    error,
    wake_at,
    steps,
    current,
  } = run;
  const name = workflow.name ?? workflow.id ?? workflow.uuid;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      class={`run-row${isChosen ? " is-chosen" : ""}`}
      data-run={uuid}
      style={{ top: `calc(${index} * var(--row))` }}
    >
      <span role="cell" class="run-choose">
        <input
          type="checkbox"
          checked={isChosen}
          tabIndex={-1}
          aria-label={`Choose ${name}, ${uuid.slice(-6)}`}
          onClick={(event) => onChoose(event.shiftKey)}
        />
      </span>
      <span role="cell">
        <Status status={status} />
      </span>
      <span role="cell" class="cut run-name">
        <a href={hrefOf(`/runs/${uuid}`)} tabIndex={isCurrent ? 0 : -1} onFocus={onFocus} title={name}>
          {name}
        </a>
      </span>
      <span role="cell" class="soft number run-version">
        v{workflow_version}
      </span>
      <span role="cell" class="cut">
        <Time at={created_at} milliseconds />
      </span>
      <span role="cell" class="run-took">
        {wake_at === undefined ? (
          <Took from={started_at} to={completed_at} isOpen={!hasEnded(status)} />
        ) : (
          <Asleep until={wake_at} />
        )}
      </span>
      <span role="cell" class="cut run-step">
        {steps === undefined ? <NotCounted /> : <Steps steps={steps} name={current?.name} />}
      </span>
      <span role="cell" class="cut run-error" title={error ?? undefined}>
        {error}
      </span>
    </div>
  );
}

/** How many of the steps at the top are over, and the one that the run is at. */
function Steps({
  steps: { total, ended },
  name,
}: {
  steps: NonNullable<RunSummary["steps"]>;
  name: string | undefined;
}) {
  return (
    <span title={name}>
      <span class="soft number">
        {ended}/{total}
      </span>{" "}
      {name}
    </span>
  );
}

/** Of a run that wrote much a list does not read how far it is: an empty place would look as if it had no steps. */
function NotCounted() {
  return (
    <span class="soft" title="Too much would have to be read for a list: the run itself shows its steps">
      not counted
    </span>
  );
}

function Asleep({ until }: { until: string }) {
  const left = Date.parse(until) - now.value;
  return (
    <span class="soft number" title={`Sleeps until ${until}`}>
      <Moon /> <span class="sr-only">asleep for </span>
      {left > 0 ? durationText(left) : "due"}
    </span>
  );
}
