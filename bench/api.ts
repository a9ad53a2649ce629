import type { Target } from "./jobs.ts";

/** A run as far as the bench looks at it. */
interface Run {
  uuid: string;
  status: string;
  completed_at: string | null;
}

interface Page {
  items: Run[];
  next_cursor: string | null;
}

/** What became of the runs that were triggered after a given one. */
export interface RunCount {
  /** Runs by status. */
  by_status: Record<string, number>;
  /** Runs that appeared twice while paging; must be 0. */
  repeated: number;
  /** Unix time in ms at which the last of them was completed, as the platform says. */
  last_completed_at: number;
}

const UNFINISHED = new Set(["pending", "running"]);
const PAGE = 200;

async function ask<T>(target: Target, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`http://${target.host}:${target.port}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
  const parsed: T = JSON.parse(text);
  return parsed;
}

/** Creates a workflow of `steps` transform steps, each with a placeholder to resolve; returns its uuid. */
export async function createTransformWorkflow(target: Target, steps: number): Promise<string> {
  const created = await ask<{ workflow_id: string }>(target, "POST", "/api/v1/workflows", {
    name: "bench",
    description: "pure steps",
    steps: Array.from({ length: steps }, (_, at) => ({
      name: `step_${at + 1}`,
      type: "transform",
      config: { value: at === 0 ? { n: "${payload.n}" } : { n: `\${step_${at}.value.n}`, step: at + 1 } },
    })),
  });
  return created.workflow_id;
}

/** The newest run's uuid, to count from; null when there is none. */
export async function newestRun(target: Target): Promise<string | null> {
  const page = await ask<Page>(target, "GET", "/api/v1/runs?limit=1");
  return page.items[0]?.uuid ?? null;
}

/** Reads every run newer than `since` once, newest first. */
async function readRuns(target: Target, since: string | null, each: (run: Run) => void): Promise<void> {
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page = await ask<Page>(target, "GET", `/api/v1/runs?limit=${PAGE}${query}`);
    for (const run of page.items) {
      if (run.uuid === since) return;
      each(run);
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
}

/**
 * Waits until every run newer than `since` has ended, then counts them all by paging through the list: exact, not
 * sampled. Throws when one has not ended `patience` ms after the call.
 */
export async function waitForRuns(target: Target, since: string | null, patience = 60_000): Promise<RunCount> {
  const deadline = Date.now() + patience;
  const tooLate = (what: string) => {
    if (Date.now() > deadline) throw new Error(`${what} after ${patience / 1000} s`);
  };
  // The newest ones are usually the last to end: wait for them before reading everything.
  for (;;) {
    const page = await ask<Page>(target, "GET", `/api/v1/runs?limit=${PAGE}`);
    if (!page.items.some((run) => UNFINISHED.has(run.status))) break;
    tooLate("the newest runs have not ended");
    await Bun.sleep(20);
  }
  const seen = new Map<string, string>();
  const late: string[] = [];
  const count: RunCount = { by_status: {}, repeated: 0, last_completed_at: 0 };
  const note = (run: Run) => {
    seen.set(run.uuid, run.status);
    if (run.completed_at !== null) {
      count.last_completed_at = Math.max(count.last_completed_at, Date.parse(run.completed_at));
    }
  };
  await readRuns(target, since, (run) => {
    if (seen.has(run.uuid)) count.repeated++;
    if (UNFINISHED.has(run.status)) late.push(run.uuid);
    note(run);
  });
  for (const uuid of late) {
    let run = await ask<Run>(target, "GET", `/api/v1/runs/${uuid}`);
    while (UNFINISHED.has(run.status)) {
      tooLate(`run ${uuid} is still ${run.status}`);
      await Bun.sleep(50);
      run = await ask<Run>(target, "GET", `/api/v1/runs/${uuid}`);
    }
    note(run);
  }
  for (const status of seen.values()) count.by_status[status] = (count.by_status[status] ?? 0) + 1;
  return count;
}
