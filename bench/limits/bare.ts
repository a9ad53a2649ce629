import { type JobResult, type RequestSpec, runJob } from "../jobs.ts";
import { medianBy } from "../percentiles.ts";
import { type Served, serve } from "../processes.ts";
import { CONNECTIONS, triggerRequest } from "../trigger.ts";

/** What a server that does nothing else makes on this machine: the rates that the platform's are divided by. */
export interface Bare {
  get: JobResult;
  /** With the validation of a trigger. */
  post: JobResult;
  /** With a schema for the body and no other look at it. */
  schema: JobResult;
  /** A server that does not even read: what the load generator can make at most. */
  nothing: JobResult;
}

const TRIGGER = triggerRequest("019ad5f0-0000-7000-8000-000000000000");

/** The rate of one kind of bare server, the middle one of some repetitions of 2 s. */
async function rateOf(kind: string, request: RequestSpec, repetitions: number): Promise<JobResult> {
  const server = await serve(["bench/bare-server.ts", kind]);
  try {
    const results: JobResult[] = [];
    for (let at = 0; at < repetitions; at++) results.push(await load(server, request, CONNECTIONS, 2000));
    return medianBy(results, (result) => result.per_second);
  } finally {
    await server.stop();
  }
}

/** Requests per second of the bare POSTs. */
export type BarePosts = Record<"post" | "schema", number>;

/**
 * Bare POSTs between the rounds of a scenario: a machine whose speed changes from one second to the next serves both alike
 * then. `measure` asks each for half a second with so many connections.
 */
export async function besideBarePosts<Result>(
  connections: number,
  work: (measure: () => Promise<BarePosts>) => Promise<Result>,
): Promise<Result> {
  const [post, schema] = await Promise.all([
    serve(["bench/bare-server.ts", "post"]),
    serve(["bench/bare-server.ts", "schema"]),
  ]);
  const rate = async (server: Served) => (await load(server, TRIGGER, connections, 500)).per_second;
  const measure = async () => ({ post: await rate(post), schema: await rate(schema) });
  try {
    // As warm as the platform is by then.
    for (const server of [post, schema]) await load(server, TRIGGER, connections, 1000);
    return await work(measure);
  } finally {
    await Promise.all([post.stop(), schema.stop()]);
  }
}

async function load(server: Served, request: RequestSpec, connections: number, ms: number): Promise<JobResult> {
  const result = await runJob({
    kind: "closed",
    target: server.target,
    watched: { server: server.pid },
    request,
    connections,
    warm_ms: ms / 4,
    until: { ms },
  });
  if (result.ok !== result.expected) throw new Error(`the bare server failed: ${JSON.stringify(result.errors)}`);
  return result;
}

/** Measures bare Elysia GET and POST, each in a process of its own, median of three, and the generator alone; about 30 s. */
export async function measureBare(progress: (text: string) => void): Promise<Bare> {
  const health = { method: "GET", path: "/health" };
  progress("bare Elysia GET and POST");
  const get = await rateOf("get", health, 3);
  const post = await rateOf("post", TRIGGER, 3);
  const schema = await rateOf("schema", TRIGGER, 3);
  progress("load generator against a server that does nothing");
  return { get, post, schema, nothing: await rateOf("nothing", health, 1) };
}
