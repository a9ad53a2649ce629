import { hrefOf } from "../../address/address.ts";
import { Empty } from "../../shared/states/states.tsx";

/** There is no such run, or no more. */
export function Missing({ id }: { id: string }) {
  return (
    <Empty title="Run not found">
      <p>
        <code>{id}</code>
      </p>
      <p class="soft">
        No run has this id. Runs that ended are removed after the days that <code>RETENTION_DAYS</code> says, where it
        says any.
      </p>
      <a class="button" href={hrefOf("/runs")}>
        All runs
      </a>
    </Empty>
  );
}
