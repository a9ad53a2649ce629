// The load generator: `bun bench/load.ts '<job as JSON>'` prints its result as JSON. Load goes nowhere but to the job's target.
import { closedLoop } from "./generator/closed.ts";
import { flow } from "./generator/flow.ts";
import { latency } from "./generator/latency.ts";
import { openLoop } from "./generator/open.ts";
import type { Job, JobResult } from "./jobs.ts";

function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case "closed":
      return closedLoop(job, job.server_pid);
    case "open":
      return openLoop(job, job.server_pid);
    case "latency":
      return latency(job, job.server_pid);
    case "flow":
      return flow(job, job.server_pid);
  }
}

const job: Job = JSON.parse(process.argv[2] ?? "null");
const result = await run(job);
await Bun.write(Bun.stdout, JSON.stringify(result));
process.exit(0);
