import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import type { Problem } from "../../data/problem.ts";
import { useReading } from "../../data/reading.ts";
import { Empty, Failed } from "./states.tsx";

/** Runs that could not be read: one of them is not there, or they could not be asked for. */
export function NoRun({ ids, problem, again }: { ids: readonly string[]; problem: Problem; again: () => void }) {
  if (problem.code === "run_not_found") return <NoSuchRun ids={ids} />;
  return <Failed problem={problem} again={again} />;
}

function NoSuchRun({ ids }: { ids: readonly string[] }) {
  const reading = useReading("limits", (signal) => platform.limits({ signal }));
  const days = reading.state.value.value?.retention_days;
  return (
    <Empty title="Run not found">
      {ids.map((id) => (
        <p key={id}>
          <code>{id}</code>
        </p>
      ))}
      <p class="soft">
        {ids.length === 1 ? "No run has this id. " : "One of these is the id of no run. "}
        {days === 0
          ? "Runs that ended are kept for ever, unless their workflow says otherwise."
          : `Runs that ended are removed after ${days === undefined ? "some" : days.toLocaleString("en")} days, unless their workflow says otherwise.`}
      </p>
      <a class="button" href={hrefOf("/runs")}>
        All runs
      </a>
    </Empty>
  );
}
