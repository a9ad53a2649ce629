import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Empty } from "../../shared/states/states.tsx";

/** There is no such run, or no more. */
export function Missing({ id }: { id: string }) {
  const reading = useReading("limits", (signal) => platform.limits({ signal }));
  const days = reading.state.value.value?.retention_days;
  return (
    <Empty title="Run not found">
      <p>
        <code>{id}</code>
      </p>
      <p class="soft">
        No run has this id.{" "}
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
