import { choose, hrefOf } from "../../../address/address.ts";
import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import { Status } from "../../../shared/status/status.tsx";
import { Time, Took } from "../../../shared/time/time.tsx";
import { chosenAttempt } from "../attempts/choice.ts";
import type { PanelTabProps } from "./tab.ts";

interface Shown {
  number: number;
  ended: string;
  /** Null where it is not known. */
  begun: string | null;
  at: string | null;
  /** The status of its reply. */
  answered: number | undefined;
  said: string | null;
  details: PanelTabProps["step"]["error_details"];
  next: string | undefined;
}

/** Each attempt: when it began, how long it took, how it was answered, with what it ended, and when the next one came. */
export function Attempts({ step }: PanelTabProps) {
  const { failed_attempts: failed = [], last_attempt: last, status, started_at, completed_at, error } = step;
  if (started_at === null) return <p class="soft">It has not begun</p>;
  const all: Shown[] = failed.map(({ error: said, error_details: details, next_at: next, ...of }, index) => ({
    ...{ number: index + 1, ended: "failed", begun: of.started_at ?? null, at: details?.at ?? null },
    ...{ answered: of.status, said, details, next },
  }));
  const due = failed.at(-1)?.next_at;
  if (last !== undefined) {
    all.push({
      ...{ number: last.number, ended: status, begun: last.started_at ?? null, at: completed_at },
      ...{ answered: last.status, said: error, details: step.error_details, next: undefined },
    });
  } else if (status === "running" && due !== undefined && Date.parse(due) <= Date.now()) {
    // When it began is kept once it has ended.
    const unknown = { begun: null, at: null, answered: undefined, said: null, details: undefined, next: undefined };
    all.push({ number: failed.length + 1, ended: status, ...unknown });
  }
  const choice = chosenAttempt();
  const chosen = choice === "last" ? all.length : choice;
  return (
    <ol class="attempts">
      {all.map(({ number, ended, begun, at, answered, said, details, next }) => (
        <li key={number} class={number === chosen ? "is-selected" : undefined}>
          <p class="attempt-head">
            <a href={hrefOf(choose({ tab: "attempts", attempt: number === chosen ? null : number }))}>
              Attempt {number}
            </a>
            <Status status={ended} />
            {answered !== undefined && <span title="Status of the reply">{answered}</span>}
            <Time at={begun ?? at} milliseconds />
            <Took from={begun} to={at} isOpen={ended === "running"} />
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
