import { Connection, type Failure, requestText } from "../load/http-client.ts";
import type { AloneJob, JobResult } from "../load/jobs.ts";
import { type Tally, watchTimeouts } from "./tally.ts";

const ENDED = new Set(["success", "failed", "cancelled"]);

/** Triggers one run at a time and polls it without a pause; latency is from sending the trigger to the answer that shows its end. */
export async function alone(job: AloneJob, tally: Tally): Promise<JobResult> {
  const inside = tally.samples("inside_the_server");
  const polls = tally.samples("polls_per_run");
  let settle: (reply: { status: number; body: string }) => void = () => {};
  const connection = new Connection({
    replied: (from, status, body) => {
      from.sentAt = 0;
      settle({ status, body });
    },
    lost: (_, why: Failure) => {
      tally.error(why);
      settle({ status: 0, body: "" });
    },
  });
  const unwatch = watchTimeouts([connection]);
  const ask = (request: string) =>
    new Promise<{ status: number; body: string }>((resolve) => {
      settle = resolve;
      connection.send(request, true, performance.now());
    });

  const trigger = requestText(
    job.target,
    "POST",
    "/api/v1/trigger",
    JSON.stringify({ workflow_id: job.workflow_id, payload: { n: 1 } }),
  );

  async function once(measured: boolean): Promise<boolean> {
    const start = performance.now();
    const accepted = await ask(trigger);
    if (accepted.status !== 200) {
      if (accepted.status > 0) tally.reply(accepted.status, performance.now(), accepted.body);
      return accepted.status > 0;
    }
    const runId: unknown = JSON.parse(accepted.body).run_id;
    const poll = requestText(job.target, "GET", `/api/v1/runs/${runId}`);
    for (let asked = 1; ; asked++) {
      const reply = await ask(poll);
      const now = performance.now();
      if (reply.status === 0) return false;
      if (reply.status !== 200) {
        tally.reply(reply.status, now, reply.body);
        return true;
      }
      const run = JSON.parse(reply.body);
      if (!ENDED.has(run.status) && now - start < 30_000) continue;
      if (!measured) return true;
      if (run.status === "success") tally.reply(200, now, "");
      else tally.error(`run_${run.status}`);
      tally.latency.add(now - start);
      polls.add(asked);
      const served = Date.parse(run.completed_at) - Date.parse(run.created_at ?? run.started_at);
      if (Number.isFinite(served)) inside.add(served);
      return true;
    }
  }

  if (await connection.open(job.target)) {
    for (let run = 0; run < job.warm_runs; run++) if (!(await once(false))) break;
    tally.begin();
    for (let run = 0; run < job.runs; run++) if (!(await once(true))) break;
  }
  const result = tally.result(job.runs);
  unwatch();
  connection.close();
  return result;
}
