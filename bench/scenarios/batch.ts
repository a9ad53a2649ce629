import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerMany } from "../load/trigger.ts";
import { measure, type Platform } from "../platform/platform.ts";
import { medianBy } from "../report/percentiles.ts";
import { busyNotes, column, lossRows, type Outcome, type Session } from "../scenario.ts";

const TRIGGERS = 50_000;
const ROUNDS = 3;
const BATCH = 500;
/** Each batch is work for all of an insert. */
const CONNECTIONS = 4;

/** Triggers one by one and in batches, by turns: what a batch gives. */
export async function batch(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { workflow, notes } = await pureWorkflow(session, platform.target);
    const count = session.scaled(TRIGGERS);
    const batches = Math.ceil(count / BATCH);
    session.progress(
      `batch: ${ROUNDS} times ${count.toLocaleString("en-US")} triggers, alone and in batches of ${BATCH}`,
    );
    const since = await startCounting(platform.target);
    const alone: JobResult[] = [];
    const together: JobResult[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await triggerMany(platform, workflow, count));
      together.push(await triggerBatches(platform, workflow, batches));
    }
    const runs = await waitForRuns(platform.target, since, { patience: 120_000 });
    const results = [...alone, ...together];
    const errors = results.reduce((sum, { expected, ok }) => sum + expected - ok, 0);
    const accepted = alone.reduce((sum, { ok }) => sum + ok, 0) + BATCH * together.reduce((sum, { ok }) => sum + ok, 0);
    const rates = alone.map((result, at) => ({
      alone: result.per_second,
      together: BATCH * (together[at]?.per_second ?? 0),
    }));
    const middle = medianBy(rates, (rate) => rate.together / rate.alone);
    return {
      tables: [
        {
          title: `batch: triggers of 3 pure steps, alone and in batches of ${BATCH}, median of ${ROUNDS}`,
          rows: [
            {
              figure: "triggers alone",
              ours: middle.alone,
              unit: "/s",
              better: "higher",
              bound: "post",
            },
            {
              figure: "triggers in batches",
              ours: middle.together,
              unit: "/s",
              better: "higher",
            },
            {
              figure: "a batch by triggers alone",
              ours: middle.together / middle.alone,
              unit: "",
              better: "higher",
              floor: session.floor("batch_to_alone"),
            },
            ...lossRows(session, errors, missing(runs, accepted)),
          ],
          notes: [...notes, ...results.flatMap(({ refusals }) => refusals), ...busyNotes(results)],
        },
      ],
      columns: together.slice(0, 1).map((result) => column("batch", result)),
      measured: { alone, together, runs },
    };
  });
}

function triggerBatches(platform: Platform, workflow: string, requests: number): Promise<JobResult> {
  const triggers = Array.from({ length: BATCH }, (_, n) => ({ workflow_id: workflow, payload: { n } }));
  return measure(platform, {
    kind: "closed",
    target: platform.target,
    request: { method: "POST", path: "/api/v1/trigger/batch", body: JSON.stringify({ triggers }) },
    connections: CONNECTIONS,
    warm_ms: 0,
    until: { requests },
  });
}
