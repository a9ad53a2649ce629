import { hrefOf, pathWith } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";

/** More are not counted. */
const MOST = 50;

/** Runs that are under way on a version: how many, as far as that is known, and a link to them. */
export function RunningOn({ workflow, version }: { workflow: string; version: number }) {
  const reading = useReading(`running on ${workflow} ${version}`, (signal) =>
    platform.runs.page({ workflow, version, status: "running" }, { limit: MOST, signal }),
  );
  const { value } = reading.state.value;
  const more = value?.next_cursor === null ? "" : " or more";
  return (
    <a class="button" href={hrefOf(pathWith("/runs", { workflow, version, status: "running" }))}>
      {value === null ? "Runs under way" : `${value.items.length}${more} running`} on v{version}
    </a>
  );
}
