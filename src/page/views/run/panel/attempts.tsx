import { choose, hrefOf } from "../../../address/address.ts";
import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import { Status } from "../../../shared/status/status.tsx";
import { Time, Took } from "../../../shared/time/time.tsx";
import type { PanelTabProps } from "./tab.ts";

/** Each attempt: when it began, how long it took, how it was answered, with what it ended, and when the next one came. */
export function Attempts({ attempts, chosen }: PanelTabProps) {
  if (attempts.length === 0) return <p class="soft">It has not begun</p>;
  return (
    <ol class="attempts">
      {attempts.map(({ number, status, started_at, completed_at, answered, error, error_details, next_at }) => (
        <li key={number} class={number === chosen?.number ? "is-selected" : undefined}>
          <p class="attempt-head">
            <a href={hrefOf(choose({ tab: "attempts", attempt: number === chosen?.number ? null : number }))}>
              Attempt {number}
            </a>
            <Status status={status} />
            {answered !== undefined && <span title="Status of the reply">{answered}</span>}
            <Time at={started_at ?? completed_at} milliseconds />
            <Took from={started_at} to={completed_at} isOpen={status === "running"} />
          </p>
          {error !== null && <p class="attempt-error">{error}</p>}
          {next_at !== undefined && (
            <p class="soft">
              next attempt <Time at={next_at} milliseconds />
            </p>
          )}
          {number === chosen?.number && error_details !== undefined && (
            <JsonViewer text={JSON.stringify(error_details)} label={`attempt ${number}`} />
          )}
        </li>
      ))}
    </ol>
  );
}
