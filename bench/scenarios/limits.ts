import { rmSync } from "node:fs";
import { type JobResult, type RequestSpec, runJob } from "../jobs.ts";
import { medianBy } from "../percentiles.ts";
import { temporaryFolder } from "../platform.ts";
import { serve } from "../processes.ts";
import { busyNotes, type Outcome, otherCores, type Session } from "../scenario.ts";
import { type SqliteLimit, sqliteLimit } from "../sqlite-limit.ts";
import type { Table } from "../table.ts";

/** The rates that the platform's are divided by. */
export interface Bare {
  get: JobResult;
  post: JobResult;
}

/** The same connections for the bare servers and for the platform, or the ratio would say nothing. */
export const CONNECTIONS = 64;

/** A trigger of the given workflow, as every scenario sends it. */
export function triggerRequest(workflowId: string): RequestSpec {
  return {
    method: "POST",
    path: "/api/v1/trigger",
    body: JSON.stringify({ workflow_id: workflowId, payload: { n: 1 } }),
  };
}

async function rateOf(kind: string, request: RequestSpec, repetitions: number): Promise<JobResult> {
  const server = await serve(["bench/bare.ts", kind]);
  try {
    const results: JobResult[] = [];
    for (let at = 0; at < repetitions; at++) {
      const result = await runJob({
        kind: "closed",
        target: server.target,
        server_pid: server.pid,
        request,
        connections: CONNECTIONS,
        warm_ms: 500,
        measure_ms: 2000,
      });
      if (result.ok !== result.expected) throw new Error(`the bare server failed: ${JSON.stringify(result.errors)}`);
      results.push(result);
    }
    return medianBy(results, (result) => result.per_second);
  } finally {
    await server.stop();
  }
}

/** Measures bare Elysia GET and POST, each in a process of its own, median of three; about 17 s. */
export async function measureBare(progress: (text: string) => void): Promise<Bare> {
  progress("bare Elysia GET and POST");
  return {
    get: await rateOf("get", { method: "GET", path: "/health" }, 3),
    post: await rateOf("post", triggerRequest("019ad5f0-0000-7000-8000-000000000000"), 3),
  };
}

/** What this machine can do at most: bare HTTP, the load generator alone, SQLite alone. */
export async function limits(session: Session): Promise<Outcome> {
  const { get, post } = await session.bareServers();
  session.progress("load generator against a server that does nothing");
  const nothing = await rateOf("nothing", { method: "GET", path: "/health" }, 1);
  session.progress("SQLite commits and rows");
  const folder = temporaryFolder();
  const sqlite = sqliteLimit(folder, 1500);
  rmSync(folder, { recursive: true, force: true });
  return { tables: [table(get, post, nothing, sqlite)], measured: { get, post, nothing, sqlite } };
}

function table(get: JobResult, post: JobResult, nothing: JobResult, sqlite: SqliteLimit): Table {
  const share = (result: JobResult, seconds = 0) => (1e6 * seconds) / (result.per_second * result.wall_s);
  return {
    title: `limits: what this machine can do at most (${CONNECTIONS} connections)`,
    rows: [
      { figure: "bare Elysia GET", ours: get.per_second, unit: "req/s" },
      { figure: "bare Elysia POST with the trigger's validation", ours: post.per_second, unit: "req/s" },
      {
        figure: "everything else on the machine meanwhile",
        ours: Math.max(otherCores(get), otherCores(post)),
        unit: "cores",
      },
      { figure: "load generator against a do-nothing server", ours: nothing.per_second, unit: "req/s" },
      { figure: "CPU per bare GET: server", ours: share(get, get.server_cpu_s), unit: "µs" },
      { figure: "CPU per bare GET: load generator", ours: share(get, get.generator_cpu_s), unit: "µs" },
      { figure: "CPU per bare POST: server", ours: share(post, post.server_cpu_s), unit: "µs" },
      { figure: "CPU per bare POST: load generator", ours: share(post, post.generator_cpu_s), unit: "µs" },
      { figure: "SQLite commits, synchronous=FULL", ours: sqlite.commits_per_second, unit: "/s" },
      { figure: `SQLite rows in groups of ${sqlite.group}`, ours: sqlite.rows_per_second, unit: "/s" },
    ],
    notes: busyNotes([get, post]),
  };
}
