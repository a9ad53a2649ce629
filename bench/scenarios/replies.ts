import { ask, createWorkflow } from "../load/api.ts";
import { triggerMany } from "../load/trigger.ts";
import { serve } from "../platform/processes.ts";
import { readUsage } from "../platform/procfs.ts";
import type { Target } from "../platform/target.ts";
import type { Outcome, Session } from "../scenario.ts";
import { column } from "../scenario.ts";

const RUNS = 2000;
/** Each on a port of its own, since connections to one host are bounded. */
const SINKS = 2;
const LOOK_MS = 20;
const PATIENCE_MS = 600_000;

interface Seen {
  most: number;
  small: number;
}

/** Webhooks under way at once whose replies are 1 MiB each: what they take of memory, and that all of them come. */
export async function replies(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const each = RUNS / SINKS;
    const sinks = await Promise.all(Array.from({ length: SINKS }, () => serve(["bench/large-sink.ts", String(each)])));
    const memory = () => Object.values(readUsage(platform.pids)).map((usage) => usage.memory_mb);
    const names = Object.keys(platform.pids);
    try {
      session.progress(`replies: ${RUNS.toLocaleString("en-US")} webhooks with replies of 1 MiB`);
      const workflows = await Promise.all(sinks.map(({ target }) => createWorkflow(platform.target, stepsTo(target))));
      const idle = memory();
      let peaks = idle;
      const watch = setInterval(() => {
        const now = memory();
        peaks = peaks.map((peak, index) => Math.max(peak, now[index] ?? 0));
      }, LOOK_MS);
      const start = performance.now();
      const results = await Promise.all(workflows.map((workflow) => triggerMany(platform, workflow, each, 64)));
      const seen = await untilAll(sinks.map(({ target }) => target));
      clearInterval(watch);
      const seconds = (performance.now() - start) / 1000;
      const more = peaks.map((peak, index) => peak - (idle[index] ?? 0));
      const most = Math.max(...more);
      const errors = results.reduce((sum, result) => sum + result.expected - result.ok, 0);
      const came = seen.reduce((sum, { small }) => sum + small, 0);
      return {
        tables: [
          {
            title: `replies: ${RUNS.toLocaleString("en-US")} webhooks at once, each answered with 1 MiB`,
            rows: [
              {
                figure: "memory above idle, of the process that took most",
                ours: most,
                unit: "MB",
                better: "lower",
                floor: session.floor("replies_mb"),
              },
              { figure: "under way at once", ours: seen.reduce((sum, { most }) => sum + most, 0), unit: "" },
              { figure: "first trigger to last reply", ours: seconds, unit: "s" },
              { figure: "errors", ours: errors, unit: "", floor: session.floor("errors") },
              { figure: "replies that did not come", ours: RUNS - came, unit: "", floor: session.floor("runs_lost") },
            ],
            notes: [
              `above idle: ${names.map((name, index) => `${name} ${Math.round(more[index] ?? 0)} MB`).join(", ")}`,
            ],
          },
        ],
        columns: results.slice(0, 1).map((result) => column("replies", result)),
        measured: { idle, peaks, seen, seconds, results },
      };
    } finally {
      await Promise.all(sinks.map((sink) => sink.stop()));
    }
  });
}

/** The second step says that the first has succeeded: to read 2,000 results of 1 MiB would be a load of its own. */
function stepsTo({ host, port }: Target) {
  const post = (name: string) => ({
    name,
    type: "webhook",
    config: { url: `http://${host}:${port}/${name}`, method: "POST", body: {} },
  });
  return [post("large"), post("small")];
}

/** Waits until the runs have come to their second step, or so long. */
async function untilAll(sinks: Target[]): Promise<Seen[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await Promise.all(sinks.map((sink) => ask<Seen>(sink, "GET", "/")));
    const came = seen.reduce((sum, { small }) => sum + small, 0);
    if (came >= RUNS || performance.now() > deadline) return seen;
    await Bun.sleep(200);
  }
}
