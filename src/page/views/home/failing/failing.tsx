import { useRef } from "preact/hooks";
import type { Stats, Window } from "../../../../schemas/lists/stats.ts";
import type { RunSummary } from "../../../../schemas/runs/run-summary.ts";
import { hrefOf, pathWith } from "../../../address/address.ts";
import { platform } from "../../../data/platform.ts";
import { type ReadingState, useReading } from "../../../data/reading.ts";
import { Card } from "../card.tsx";
import { FailedLine } from "./failed-line.tsx";

const SHOWN = 5;
/** Failed runs that are looked at for the last one of each workflow. */
const LOOKED_AT = 50;

/** The workflows with the most failed runs: when these failed, and at which version and with what the last of them. */
export function Failing({ state: { value, problem }, window }: { state: ReadingState<Stats>; window: Window }) {
  const failing = value?.workflows.filter(({ failed }) => failed > 0).slice(0, SHOWN) ?? null;
  const key = failing?.map(({ uuid, failed }) => `${uuid} ${failed}`).join() ?? "";
  const newest = useReading(`newest failed ${key}`, async (signal) => {
    if (key === "") return new Map<string, RunSummary>();
    const { items } = await platform.runs.page({ status: "failed" }, { limit: LOOKED_AT, signal });
    // The newest comes first, and is kept.
    return new Map(items.toReversed().map((run) => [run.workflow.uuid, run]));
  });
  // What was read stays while it is read again, for other numbers.
  const read = newest.state.value.value;
  const last = useRef(read);
  last.current = read ?? last.current;
  const all = hrefOf(pathWith("/runs", { status: "failed", from: `-${window}` }));
  return (
    <Card title="Failing now" href={all} count={failing?.length ?? null} none="Nothing failed" problem={problem}>
      {failing?.map(({ uuid, id, name, failed, success, cancelled, failed_in_parts: parts }) => {
        const run = last.current?.get(uuid);
        return (
          <li key={uuid}>
            <span class="home-name">
              <a class="cut" href={hrefOf(pathWith("/runs", { workflow: uuid, status: "failed", from: `-${window}` }))}>
                {name ?? id ?? `deleted workflow ${uuid.slice(0, 8)}`}
              </a>
              {run !== undefined && <span class="soft">v{run.workflow_version}</span>}
            </span>
            <span class="number home-side status-failed">
              {failed.toLocaleString("en")} of {(failed + success + cancelled).toLocaleString("en")}
              {parts !== undefined && value !== null && (
                <FailedLine failed={parts} from={value.from} partSeconds={value.part_seconds} />
              )}
            </span>
            <span class="soft cut home-under">
              {run?.error ?? (newest.state.value.problem && "its last error could not be read")}
            </span>
          </li>
        );
      })}
    </Card>
  );
}
