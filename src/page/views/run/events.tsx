import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RunEvent } from "../../../schemas/runs/run-event.ts";
import { address, choose, go } from "../../address/address.ts";
import { collect } from "../../data/collect.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { useWalk } from "../../keys/walk.ts";
import { Unread } from "../../shared/states/states.tsx";
import { Time } from "../../shared/time/time.tsx";
import type { ShownRun } from "./shown-run.ts";
import { StepLink } from "./step-link.tsx";

const PIECE = 1000;
const KINDS = ["run", "step", "signal"] as const;

/** What happened, in order; each event has a link of its own. */
export function Events({ run, told }: ShownRun) {
  const { query, hash } = address.value;
  const [wanted, setWanted] = useState(PIECE);
  const reading = useReading(`events ${run.uuid} ${wanted}`, (signal) =>
    collect(platform.runs.handle(run.uuid).history({ signal }), wanted),
  );
  const { value } = reading.state.value;
  const kind = query.get("kind");
  const step = query.get("step");
  const ofStep = query.get("of") === "step" ? step : null;
  const onlyFailed = query.get("failed") === "1";
  const text = (query.get("q") ?? "").toLowerCase();
  const all = useMemo(() => joined(value?.items ?? [], value?.hasMore ? [] : told.value), [value, told.value]);
  useWalk(".event > a", "event");
  const marked = useRef<HTMLLIElement>(null);
  useEffect(() => marked.current?.scrollIntoView({ block: "center" }), [value === null, hash]);
  if (value === null) return <Unread reading={reading} label="Reading the events" />;
  const shown = all.filter(
    (event) =>
      (kind === null || event.type.startsWith(`${kind}.`)) &&
      (!onlyFailed || isFailure(event)) &&
      (text === "" || event.address?.toLowerCase().includes(text) === true) &&
      (ofStep === null || isWithin(event, ofStep)),
  );
  return (
    <div class="events">
      <div class="events-filter">
        <select
          aria-label="Kind of events"
          value={kind ?? ""}
          onChange={({ currentTarget }) => go(choose({ kind: currentTarget.value }))}
        >
          <option value="">all events</option>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {one} events
            </option>
          ))}
        </select>
        {step !== null && (
          <label class="cut soft">
            <input
              type="checkbox"
              checked={ofStep !== null}
              onChange={({ currentTarget }) => go(choose({ of: currentTarget.checked ? "step" : null }))}
            />{" "}
            only of {step}
          </label>
        )}
        <span class="soft">{shown.length.toLocaleString("en")} shown</span>
      </div>
      <ol class="event-list">
        {shown.map((event) => {
          const isMarked = hash === `e${event.id}`;
          return (
            <li
              key={event.id}
              id={`e${event.id}`}
              ref={isMarked ? marked : null}
              class={`event${isMarked ? " is-marked" : ""}${event.address !== undefined && event.address === step ? " is-selected" : ""}`}
            >
              <a class="soft number" href={`#e${event.id}`} aria-label={`Link to event ${event.id}`}>
                {event.id}
              </a>
              <Time at={event.at} milliseconds day="never" />
              <span class={`event-type event-${event.type.replace(".", "-")}`}>{event.type}</span>
              <span class="event-step">
                {event.address !== undefined && <StepLink address={event.address}>{event.address}</StepLink>}
              </span>
              <span class="cut soft" title={saidBy(event)}>
                {saidBy(event)}
                {typeof event.data.wake_at === "string" && (
                  <>
                    {" "}
                    until <Time at={event.data.wake_at} milliseconds />
                  </>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      {value.hasMore && (
        <button type="button" onClick={() => setWanted(wanted + PIECE)}>
          The next {PIECE.toLocaleString("en")}
        </button>
      )}
    </div>
  );
}

function joined(read: readonly RunEvent[], told: readonly RunEvent[]): RunEvent[] {
  const last = read.at(-1)?.id ?? 0;
  return [...read, ...told.filter(({ id }) => id > last)];
}

/** Whether it is of a step, or of what that holds. */
function isWithin({ address: of }: RunEvent, step: string): boolean {
  return of === step || of?.startsWith(`${step}.`) === true || of?.startsWith(`${step}[`) === true;
}

function isFailure({ type, data }: RunEvent): boolean {
  return type === "step.failed" || type === "step.retrying" || data.status === "failed";
}

/** The rest of an event, in words. */
function saidBy({ data }: RunEvent): string {
  const { attempt, error, status, signal, waits_for } = data;
  const parts = [
    attempt === undefined ? null : `attempt ${String(attempt)}`,
    status === undefined ? null : String(status),
    signal === undefined ? null : String(signal),
    waits_for === undefined ? null : `waits for ${JSON.stringify(waits_for)}`,
    typeof error === "string" ? error : null,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}
