import { platform } from "../../data/platform.ts";
import { StatusMark } from "../../shared/status/status.tsx";
import { useBeating } from "./beat.ts";

const STATES: Record<string, string> = { up: "success", degraded: "paused", down: "failed" };

/** The services that the platform stands on, as the process that answered sees them. */
export function Parts() {
  const reading = useBeating("parts", (signal) => platform.ready({ signal }));
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
    </section>
  );
}
