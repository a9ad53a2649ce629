import { StatusMark } from "../../shared/status/status.tsx";
import { type KnownStep, withinOf } from "./step-rows.ts";

const SHOWN = ["success", "failed", "running", "skipped"] as const;

/** How many of the steps within a map or a loop are in each status. */
export function Counts({ step }: { step: KnownStep }) {
  if (withinOf(step) === 0 || !("within" in step) || step.within === undefined) return null;
  const { within } = step;
  return (
    <span class="counts">
      {SHOWN.filter((status) => within[status] > 0).map((status) => (
        <span key={status} class={`status-${status}`}>
          {within[status].toLocaleString("en")} <StatusMark status={status} />
          <span class="sr-only">{status}</span>
        </span>
      ))}
    </span>
  );
}
