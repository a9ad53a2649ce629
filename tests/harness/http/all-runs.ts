/** Reads every run that the platform has, page by page. */
import type { Client } from "./client.ts";
import { expectReply } from "./expect.ts";
import { at, listAt, objectAt, textAt } from "./json.ts";

export type RunBody = Record<string, unknown>;

/** Newest first; runs that are triggered meanwhile may be missing. A small page is for runs with much in them. */
export async function* allRuns(api: Client, limit = 200): AsyncGenerator<RunBody> {
  let query = `limit=${limit}`;
  for (;;) {
    const reply = await api.get(`/api/v1/runs?${query}`);
    expectReply(reply, 200);
    for (const item of listAt(reply.body, "items")) yield objectAt(item);
    if (at(reply.body, "next_cursor") === null) return;
    query = `limit=${limit}&cursor=${encodeURIComponent(textAt(reply.body, "next_cursor"))}`;
  }
}

export function hasEnded(run: unknown): boolean {
  return ["success", "failed"].includes(textAt(run, "status"));
}

/** Resolves when every run has ended; fails with the first that has not by then. */
export async function untilAllEnded(api: Client, deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  const unended: string[] = [];
  for await (const run of allRuns(api)) if (!hasEnded(run)) unended.push(textAt(run, "uuid"));
  for (const uuid of unended) await api.untilEnded(uuid, Math.max(1, deadline - Date.now()));
}

/** A time of the API in milliseconds since the epoch. */
export function timeAt(value: unknown, ...path: string[]): number {
  return Date.parse(textAt(value, ...path));
}
