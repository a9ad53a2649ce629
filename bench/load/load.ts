// The load generator: `bun bench/load/load.ts '<job as JSON>'` prints its result as JSON. Load goes nowhere but to the job's target.
import { alone } from "../generator/alone.ts";
import { chain } from "../generator/chain.ts";
import { closedLoop } from "../generator/closed.ts";
import { flow } from "../generator/flow.ts";
import { follow } from "../generator/follow.ts";
import { openLoop } from "../generator/open.ts";
import { Tally } from "../generator/tally.ts";
import type { Job, JobResult } from "./jobs.ts";

function run(job: Job): Promise<JobResult> {
  const tally = new Tally(job.watched ?? {});
  switch (job.kind) {
    case "closed":
      return closedLoop(job, tally);
    case "open":
      return openLoop(job, tally);
    case "alone":
      return alone(job, tally);
    case "follow":
      return follow(job, tally);
    case "flow":
      return flow(job, tally);
    case "chain":
      return chain(job, tally);
  }
}

const job: Job = JSON.parse(process.argv[2] ?? "null");
const result = await run(job);
await Bun.write(Bun.stdout, JSON.stringify(result));
process.exit(0);
