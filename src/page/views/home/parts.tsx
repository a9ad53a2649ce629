import type { System } from "../../../schemas/system.ts";
import { hrefOf } from "../../address/address.ts";
import type { ReadingState } from "../../data/reading.ts";
import { boundedText } from "../../shared/bounded.ts";
import { effectOf, PART_STATUSES } from "../../shared/status/parts.ts";
import { StatusMark } from "../../shared/status/status.tsx";
import { durationText } from "../../shared/time/format.ts";

/** Those that are due are among the oldest that are not over. */
const LATE = hrefOf("/runs?status=pending,running&order=asc");

/** What the platform stands on, as the process that answered sees it, who executes runs, and what waits for them. */
export function Parts({ state: { value, problem } }: { state: ReadingState<System> }) {
  return (
    <section class="home-parts" aria-label="Parts">
      {value === null && <span class="soft">{problem === null ? "Reading…" : problem.text}</span>}
      {Object.entries(value?.parts ?? {}).map(([name, state]) => (
        <span key={name} class={`status status-${PART_STATUSES[state] ?? "unknown"}`}>
          <StatusMark status={PART_STATUSES[state] ?? state} />
          {name} {state}
          {state !== "up" && <span class="soft"> {effectOf(name, state)}</span>}
        </span>
      ))}
      {value?.workers && (
        <a href={hrefOf("/system")} class={value.workers.length === 0 ? "status-failed" : undefined}>
          {value.workers.length === 0 ? "no workers" : `workers ${value.workers.length}`}
        </a>
      )}
      {value?.queue && (
        <>
          <a href={LATE}>backlog {boundedText(value.queue.due)}</a>
          <a href={LATE}>oldest due {durationText(value.queue.oldest_due_seconds * 1000)}</a>
        </>
      )}
    </section>
  );
}
