import { type JobResult, type RequestSpec, runJob } from "../load/jobs.ts";
import { CONNECTIONS, triggerRequest } from "../load/trigger.ts";
import { type Served, serve } from "../platform/processes.ts";
import { medianBy } from "../report/percentiles.ts";

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

const HEALTH = { method: "GET", path: "/health" };
const TRIGGER = triggerRequest("019ad5f0-0000-7000-8000-000000000000");

/** Servers that do nothing but this. */
export type BareKind = "get" | "post" | "schema";

const REQUESTS: Record<BareKind, RequestSpec> = { get: HEALTH, post: TRIGGER, schema: TRIGGER };

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

/** Asks the bare server of a kind for half a second: requests per second. */
export type MeasureBare = (kind: BareKind) => Promise<number>;

/**
 * Bare servers between the rounds of a scenario: a machine whose speed changes from one second to the next serves both alike
 * then. Each is asked over so many connections.
 */
export async function besideBare<Result>(
  kinds: BareKind[],
  connections: number,
  work: (measure: MeasureBare) => Promise<Result>,
): Promise<Result> {
  const servers = new Map<BareKind, Served>();
  try {
    for (const kind of kinds) {
      const server = await serve(["bench/bare-server.ts", kind]);
      servers.set(kind, server);
      // As warm as the platform is by then.
      await load(server, REQUESTS[kind], connections, 1000);
    }
    return await work(async (kind) => {
      const server = servers.get(kind);
      if (server === undefined) throw new Error(`no bare server for ${kind} was started`);
      return (await load(server, REQUESTS[kind], connections, 500)).per_second;
    });
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
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
  progress("bare Elysia GET and POST");
  const get = await rateOf("get", HEALTH, 3);
  const post = await rateOf("post", TRIGGER, 3);
  const schema = await rateOf("schema", TRIGGER, 3);
  progress("load generator against a server that does nothing");
  return { get, post, schema, nothing: await rateOf("nothing", HEALTH, 1) };
}
