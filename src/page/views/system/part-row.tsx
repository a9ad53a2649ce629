import { StatusMark } from "../../shared/status/status.tsx";

/** What a service that is not up does to whoever uses the platform. */
const EFFECTS: Record<string, string> = {
  sqlite: "Nothing can be stored.",
  postgres: "Nothing can be stored.",
  kafka: "Runs go on, by looks into the database.",
  redis: "Reads are slower.",
  replica: "Reads go to the primary.",
};
/** The mark of a status that looks like it. */
const MARKS: Record<string, string> = { up: "success", degraded: "paused", down: "failed" };

interface PartRowProps {
  name: string;
  /** Null where only the breaker is known. */
  state: string | null;
  breaker: string | undefined;
}

/** A service: whether it answers, and what is the matter where it does not. */
export function PartRow({ name, state, breaker }: PartRowProps) {
  const isWell = state === "up" || state === null;
  return (
    <li class="part">
      <span class="part-name">{name}</span>
      {state !== null && (
        <span class={`status status-${MARKS[state] ?? "unknown"}`}>
          <StatusMark status={MARKS[state] ?? state} />
          {state}
        </span>
      )}
      {breaker !== undefined && breaker !== "closed" && (
        <span class="status status-paused">{state === null ? breaker : `breaker ${breaker}`}</span>
      )}
      {breaker === "closed" && state === null && <span class="soft">closed</span>}
      {!isWell && <span class="part-effect">{EFFECTS[name] ?? "It is slower without it."}</span>}
    </li>
  );
}
