import { type JobResult, type RequestSpec, runJob } from "../jobs.ts";
import { medianBy } from "../percentiles.ts";
import { serve } from "../processes.ts";
import { CONNECTIONS, FEW_CONNECTIONS, triggerRequest } from "../trigger.ts";

/** What a server that does nothing else makes on this machine: the rates that the platform's are divided by. */
export interface Bare {
  get: JobResult;
  post: JobResult;
  /** The same with few connections. */
  post_few: JobResult;
  /** A server that does not even read: what the load generator can make at most. */
  nothing: JobResult;
}

/** The rate of one kind of bare server, the middle one of some repetitions of 2 s. */
async function rateOf(
  kind: string,
  request: RequestSpec,
  repetitions: number,
  connections = CONNECTIONS,
): Promise<JobResult> {
  const server = await serve(["bench/bare-server.ts", kind]);
  try {
    const results: JobResult[] = [];
    for (let at = 0; at < repetitions; at++) {
      const result = await runJob({
        kind: "closed",
        target: server.target,
        watched: { server: server.pid },
        request,
        connections,
        warm_ms: 500,
        until: { ms: 2000 },
      });
      if (result.ok !== result.expected) throw new Error(`the bare server failed: ${JSON.stringify(result.errors)}`);
      results.push(result);
    }
    return medianBy(results, (result) => result.per_second);
  } finally {
    await server.stop();
  }
}

/** Measures bare Elysia GET and POST, each in a process of its own, median of three, and the generator alone; about 25 s. */
export async function measureBare(progress: (text: string) => void): Promise<Bare> {
  const health = { method: "GET", path: "/health" };
  progress("bare Elysia GET and POST");
  const get = await rateOf("get", health, 3);
  const trigger = triggerRequest("019ad5f0-0000-7000-8000-000000000000");
  const post = await rateOf("post", trigger, 3);
  const post_few = await rateOf("post", trigger, 3, FEW_CONNECTIONS);
  progress("load generator against a server that does nothing");
  return { get, post, post_few, nothing: await rateOf("nothing", health, 1) };
}
