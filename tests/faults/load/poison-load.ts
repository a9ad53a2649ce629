/** A steady load of which a part is broken, and how long the others take. */
import { expect } from "bun:test";
import { allRuns, hasEnded, type RunBody, timeAt } from "../../harness/http/all-runs.ts";
import type { Client } from "../../harness/http/client.ts";
import { textAt } from "../../harness/http/json.ts";
import { until } from "./waiting.ts";

/** One in so many is broken. */
export const ONE_IN = 100;

export interface Played {
  runs: number;
  broken: number;
  /** Of the healthy ones, from the trigger to the end by the database's times, milliseconds. */
  p50: number;
  p99: number;
}

/** Triggers so many a second, and at every hundredth something broken as well. Resolves once the healthy ones have ended. */
export async function playLoad(
  api: Client,
  load: { healthy: string; perSecond: number; runs: number; deadlineMs: number },
  breaks: (n: number) => Promise<unknown>,
): Promise<Played> {
  const { healthy, perSecond, runs, deadlineMs } = load;
  const start = performance.now();
  const good: Promise<string>[] = [];
  const bad: Promise<unknown>[] = [];
  await until("all are triggered", deadlineMs, () => {
    const due = Math.min(runs, Math.ceil(((performance.now() - start) / 1000) * perSecond));
    for (let n = good.length; n < due; n++) {
      if (n % ONE_IN === ONE_IN / 2) bad.push(breaks(n));
      good.push(api.trigger(healthy, { n }));
    }
    return due === runs;
  });
  await Promise.all(bad);
  const ids = new Set(await Promise.all(good));
  const ended: RunBody[] = [];
  await until(
    "the healthy runs have ended",
    deadlineMs,
    async () => {
      ended.length = 0;
      for await (const run of allRuns(api)) if (hasEnded(run) && ids.has(textAt(run, "uuid"))) ended.push(run);
      return ended.length === runs;
    },
    250,
  );
  for (const run of ended) expect(run).toEqual({ ...run, status: "success" });
  const times = ended.map(timeOf).sort((one, other) => one - other);
  const at = (part: number) => Math.round(times[Math.ceil(part * times.length) - 1] ?? Number.NaN);
  return { runs, broken: bad.length, p50: at(0.5), p99: at(0.99) };
}

/** From the id, which holds when it was made, to the end. */
function timeOf(run: RunBody): number {
  const uuid = textAt(run, "uuid");
  return timeAt(run, "completed_at") - Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/** As before, but for what it takes to find out that something is broken. @throws when the others felt more of it */
export function expectAsBefore(what: string, before: Played, after: Played, slackMs: number): void {
  const shown = ({ p50, p99 }: Played) => `p50 ${p50} ms, p99 ${p99} ms`;
  console.log(
    `poison, ${what}: ${after.broken} beside ${after.runs} healthy runs; these took ${shown(after)},`,
    `without poison ${shown(before)}`,
  );
  expect(after.broken).toBeGreaterThan(0);
  expect({ what, p99: after.p99, before: before.p99, asBefore: after.p99 <= 5 * before.p99 + slackMs }).toEqual({
    what,
    p99: after.p99,
    before: before.p99,
    asBefore: true,
  });
}
