import type { Stats, Window } from "../../../schemas/lists/stats.ts";
import { hrefOf, pathWith } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { type ReadingState, useReading } from "../../data/reading.ts";
import { Card } from "./card.tsx";

const SHOWN = 5;
/** Failed runs that are looked at for the last error of each workflow. */
const LOOKED_AT = 50;

/** The workflows with the most failed runs, and what they failed with last. */
export function Failing({ state: { value, problem }, window }: { state: ReadingState<Stats>; window: Window }) {
  const failing = value?.workflows.filter(({ failed }) => failed > 0).slice(0, SHOWN) ?? null;
  const key = failing?.map(({ uuid, failed }) => `${uuid} ${failed}`).join() ?? "";
  const errors = useReading(`errors ${key}`, async (signal) => {
    if (key === "") return new Map<string, string | null>();
    const { items } = await platform.runs.page({ status: "failed" }, { limit: LOOKED_AT, signal });
    // The newest comes first, and is kept.
    return new Map(items.toReversed().map(({ workflow, error }) => [workflow.uuid, error]));
  });
  const all = hrefOf(pathWith("/runs", { status: "failed", from: `-${window}` }));
  return (
    <Card title="Failing now" href={all} count={failing?.length ?? null} none="Nothing failed" problem={problem}>
      {failing?.map(({ uuid, id, name, failed, success, cancelled }) => (
        <li key={uuid}>
          <a class="cut" href={hrefOf(pathWith("/runs", { workflow: uuid, status: "failed", from: `-${window}` }))}>
            {name ?? id ?? `deleted workflow ${uuid.slice(0, 8)}`}
          </a>
          <span class="number home-side status-failed">
            {failed.toLocaleString("en")} of {(failed + success + cancelled).toLocaleString("en")}
          </span>
          <span class="soft cut home-under">
            {errors.state.value.value?.get(uuid) ?? (errors.state.value.problem && "its last error could not be read")}
          </span>
        </li>
      ))}
    </Card>
  );
}
