import { createDelay } from "../load/api.ts";
import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import { triggerMany } from "../load/trigger.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session } from "../scenario.ts";

const RUNS = 10_000;
const SECONDS = 1;

/** Many runs that sleep for a second: how long after the last trigger the last one has ended. */
export async function delay(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { target } = platform;
    session.progress(`delay: ${RUNS.toLocaleString("en-US")} runs of ${SECONDS} s`);
    const workflow = await createDelay(target, SECONDS);
    const since = await startCounting(target);
    const result = await triggerMany(platform, workflow, RUNS);
    const runs = await waitForRuns(target, since, { patience: 120_000 });
    const late = (ms: number) => ms - SECONDS * 1000;
    const rows: Row[] = [
      {
        figure: "last end after the last trigger",
        ours: (runs.last_completed_at - runs.last_created_at) / 1000,
        unit: "s",
        better: "lower",
        floor: session.floor("delay_after_last_s"),
      },
      { figure: "a run took longer than its second by p50", ours: late(runs.took.p50), unit: "ms" },
      { figure: "a run took longer than its second by p99", ours: late(runs.took.p99), unit: "ms" },
      { figure: "a run took longer than its second by, at most", ours: late(runs.took.max), unit: "ms" },
      { figure: "triggers", ours: result.per_second, unit: "/s", better: "higher", bound: "post" },
      ...lossRows(session, result.expected - result.ok, missing(runs, result.ok)),
      ...memoryRows(session, result),
    ];
    return {
      tables: [
        {
          title: `delay: ${RUNS.toLocaleString("en-US")} runs of ${SECONDS} s`,
          rows,
          notes: [...result.refusals, ...busyNotes([result])],
        },
      ],
      columns: [column("delay", result)],
      measured: { result, runs },
    };
  });
}
