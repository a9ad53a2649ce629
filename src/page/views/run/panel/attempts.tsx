import { address, choose, hrefOf } from "../../../address/address.ts";
import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import { Status } from "../../../shared/status/status.tsx";
import { Time } from "../../../shared/time/time.tsx";
import type { PanelTabProps } from "./tab.ts";

/** Each attempt: when it ended, with what, and when the next one came. */
export function Attempts({ step }: PanelTabProps) {
  const { failed_attempts: failed = [], status, started_at, completed_at, error, error_details } = step;
  if (started_at === null) return <p class="soft">It has not begun</p>;
  const chosen = Number(address.value.query.get("attempt"));
  const last = { number: failed.length + 1, status, at: completed_at, error, details: error_details, next: undefined };
  const all = [
    ...failed.map(({ error: said, error_details: details, next_at: next }, index) => ({
      ...{ number: index + 1, status: "failed", at: details?.at ?? null, error: said, details, next },
    })),
    // Of one that waits for its next attempt there is no more than the failed ones.
    ...(status === "running" &&
    failed.at(-1)?.next_at !== undefined &&
    Date.parse(failed.at(-1)?.next_at ?? "") > Date.now()
      ? []
      : [last]),
  ];
  return (
    <ol class="attempts">
      {all.map(({ number, status: ended, at, error: said, details, next }) => (
        <li key={number} class={number === chosen ? "is-selected" : undefined}>
          <p class="attempt-head">
            <a href={hrefOf(choose({ tab: "attempts", attempt: number === chosen ? null : number }))}>
              Attempt {number}
            </a>
            <Status status={ended} />
            <Time at={at} milliseconds />
          </p>
          {said !== null && <p class="attempt-error">{said}</p>}
          {next !== undefined && (
            <p class="soft">
              next attempt <Time at={next} milliseconds />
            </p>
          )}
          {number === chosen && details !== undefined && (
            <JsonViewer text={JSON.stringify(details)} label={`attempt ${number}`} />
          )}
        </li>
      ))}
    </ol>
  );
}
