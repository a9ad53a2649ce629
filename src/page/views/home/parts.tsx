import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { StatusMark } from "../../shared/status/status.tsx";
import { durationText } from "../../shared/time/format.ts";
import { useBeating } from "./beat.ts";

const STATES: Record<string, string> = { up: "success", degraded: "paused", down: "failed" };

/** What the platform stands on, as the process that answered sees it, who executes runs, and what waits for them. */
export function Parts() {
  const reading = useBeating("parts", (signal) => platform.system({ signal }));
  const { value, problem } = reading.state.value;
  return (
    <section class="home-parts" aria-label="Parts">
      {value === null && <span class="soft">{problem === null ? "Reading…" : problem.text}</span>}
      {Object.entries(value?.parts ?? {}).map(([name, state]) => (
        <span key={name} class={`status status-${STATES[state] ?? "unknown"}`}>
          <StatusMark status={STATES[state] ?? state} />
          {name} {state}
        </span>
      ))}
      {value?.workers && (
        <a href={hrefOf("/system")} class={value.workers.length === 0 ? "status-failed" : undefined}>
          {value.workers.length === 0 ? "no workers" : `workers ${value.workers.length}`}
        </a>
      )}
      {value?.queue && (
        <>
          <span>backlog {value.queue.due.toLocaleString("en")}</span>
          <span>oldest due {durationText(value.queue.oldest_due_seconds * 1000)}</span>
        </>
      )}
    </section>
  );
}
