/** The verdict itself: what the suite promises to find, it finds where it was done by hand. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Client } from "../harness/http/client.ts";
import { Deployment } from "./deployment/deployment.ts";
import { play } from "./deployment/folder.ts";
import { Sink } from "./deployment/sink.ts";
import { watchFinalStates } from "./final.ts";
import { makeKinds } from "./load/kinds.ts";
import { Load } from "./load/load.ts";
import { until } from "./load/waiting.ts";
import { untilAllEnded } from "./until-all.ts";
import { judge } from "./verdict.ts";

const NAME = "a verdict names every run that is lost, doubled, wrong, changed or recorded twice";
const RUNS = 20;
const ENDS_MS = 60_000;

setDefaultTimeout(600_000);

test(NAME, async () => {
  await play("tests/faults/verdict.test.ts", NAME, async ({ folder, keepsLogsOf }) => {
    const deployment = await Deployment.up({ apis: 1, workers: 1 });
    keepsLogsOf(deployment);
    const sink = await Sink.start(folder);
    try {
      const { sql } = deployment;
      await watchFinalStates(sql);
      const kinds = await makeKinds(new Client(deployment.url), sink);
      const load = new Load({ url: () => deployment.url, kinds, folder, perSecond: 200, count: RUNS });
      load.start();
      await until(`${RUNS} runs are triggered`, ENDS_MS, () => load.sent === RUNS);
      await load.stop();
      await untilAllEnded(sql, ENDS_MS);
      const judged = { deployment, kinds, sink, folder };
      expect((await judge(judged)).faults).toEqual([]);

      const of = (n: number) => sql`(payload->>'n')::integer = ${n}`;
      await sql`delete from workflow_runs where ${of(0)}`;
      await sql`insert into workflow_runs (uuid, workflow_id, status, payload, completed_at, step_results)
        select gen_random_uuid(), workflow_id, status, payload, completed_at, step_results
        from workflow_runs where ${of(5)}`;
      await sql`update workflow_runs set status = 'failed' where ${of(10)}`;
      await sql`insert into run_log (run_uuid, seq, token, entries) select run_uuid, seq + 1000, token - 1, entries from run_log`;
      const run = load.accepted === RUNS ? sink.attempts()[0]?.run : undefined;
      const earlierEvents = [{ run: run ?? "", status: "cancelled", error: null }];
      const { faults } = await judge({ ...judged, earlierEvents });
      const sorts = faults.flatMap((fault) => /^([a-z -]+): \d+$/.exec(fault)?.[1] ?? []);
      expect(sorts.sort()).toEqual(["changed", "doubled", "event", "lost", "recorded twice", "wrong"]);
    } finally {
      await deployment.down();
      await sink.close();
    }
  });
});
