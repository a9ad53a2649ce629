import { countsOf } from "../../shared/status/counts.ts";
import { StatusMark } from "../../shared/status/status.tsx";
import { type KnownStep, withinOf } from "./step-rows.ts";

const SHOWN = ["success", "failed", "running", "skipped"] as const;

/** How many of the items of a map, or of the steps within a loop, are in each status. */
export function Counts({ step }: { step: KnownStep }) {
  const within = "within" in step ? step.within : undefined;
  const counts = countsOf(step);
  if (counts === null || withinOf(step) === 0) return null;
  const left = counts === within ? (step.steps_omitted ?? 0) : 0;
  return (
    <span class="counts">
      {SHOWN.filter((status) => (counts[status] ?? 0) > 0).map((status) => (
        <span key={status} class={`status-${status}`}>
          {counts[status]?.toLocaleString("en")} <StatusMark status={status} />
          <span class="sr-only">{status}</span>
        </span>
      ))}
      {left > 0 && <span class="soft">{left.toLocaleString("en")} not kept</span>}
    </span>
  );
}
