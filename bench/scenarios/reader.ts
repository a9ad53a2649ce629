import type { Page } from "../load/api.ts";
import type { Target } from "../platform/target.ts";
import { Samples, type Summary } from "../report/percentiles.ts";

const PAGE = 100;
/** Between two pages of the reader. */
const READ_MS = 20;

/** Pages that a reader got. */
export interface Read {
  latency: Summary;
  errors: string[];
}

/** Reads the list of runs from end to end, again and again, until the signal aborts. */
export async function follow(target: Target, signal: AbortSignal): Promise<Read> {
  const latency = new Samples();
  const errors: string[] = [];
  let order = "desc";
  let cursor: string | null = null;
  while (!signal.aborted) {
    const from: string = cursor === null ? "" : `&cursor=${cursor}`;
    const began = performance.now();
    try {
      ({ next_cursor: cursor } = await once<Page>(target, `/api/v1/runs?limit=${PAGE}&order=${order}${from}`));
      latency.add(performance.now() - began);
    } catch (error) {
      errors.push(String(error));
      cursor = null;
    }
    if (cursor === null) order = order === "desc" ? "asc" : "desc";
    await Bun.sleep(READ_MS);
  }
  return { latency: latency.summary(), errors };
}

/** Asked once: an answer that is no 2xx is an error here. */
async function once<T>(target: Target, path: string): Promise<T> {
  const response = await fetch(`http://${target.host}:${target.port}${path}`, { proxy: false });
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${text.slice(0, 300)}`);
  const parsed: T = JSON.parse(text);
  return parsed;
}
