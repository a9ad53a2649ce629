import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { StatusMark } from "../../shared/status/status.tsx";

const STATES: Record<string, string> = { up: "success", degraded: "paused", down: "failed" };

/** The services that the platform stands on, as the process that answered sees them. */
export function Parts() {
  const reading = useReading("parts", (signal) => platform.ready({ signal }));
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
