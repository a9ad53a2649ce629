import { AttemptSelect } from "./attempts/attempt-select.tsx";
import { mostAttempts, offeredAttempt } from "./attempts/choice.ts";
import { useFailedAttempts } from "./attempts/failed-attempts.ts";
import { toldOf } from "./attempts/told.ts";
import type { ShownRun } from "./shown-run.ts";
import { OnlyFailed, TabBar } from "./tab-bar.tsx";
import { StepTable } from "./table.tsx";
import { Timeline } from "./timeline/timeline.tsx";
import { useRows } from "./use-rows.ts";

/** The steps as rows, with bars or as a table, and which attempt of them is shown. */
export function StepViews({ view, ...shown }: ShownRun & { view: "timeline" | "table" }) {
  const { run } = shown;
  const rows = useRows(shown);
  const most = mostAttempts([...run.steps, ...rows.map(({ step }) => step)]);
  const choice = offeredAttempt(most);
  const failed = useFailedAttempts(run.uuid);
  const attempts = failed.read.value;
  const told = rows.map((row) => ({ ...row, told: toldOf(row.step, attempts.get(row.step.address), choice) }));
  const View = view === "table" ? StepTable : Timeline;
  return (
    <>
      <TabBar view={view}>
        <OnlyFailed />
        <AttemptSelect most={most} />
      </TabBar>
      <View {...{ run, rows: told, attempts, choice }} look={(steps) => failed.look(steps)} />
    </>
  );
}
