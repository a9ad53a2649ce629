import { effectOf, PART_STATUSES } from "../../shared/status/parts.ts";
import { StatusMark } from "../../shared/status/status.tsx";

interface PartRowProps {
  name: string;
  /** Null where only the breaker is known. */
  state: string | null;
  breaker: string | undefined;
}

/** A service: whether it answers, and what is the matter where it does not. */
export function PartRow({ name, state, breaker }: PartRowProps) {
  return (
    <li class="part">
      <span class="part-name">{name}</span>
      {state !== null && (
        <span class={`status status-${PART_STATUSES[state] ?? "unknown"}`}>
          <StatusMark status={PART_STATUSES[state] ?? state} />
          {state}
        </span>
      )}
      {breaker !== undefined && breaker !== "closed" && (
        <span class="status status-paused">{state === null ? breaker : `breaker ${breaker}`}</span>
      )}
      {breaker === "closed" && state === null && <span class="soft">closed</span>}
      {state !== null && <span class="part-effect">{effectOf(name, state)}</span>}
    </li>
  );
}
