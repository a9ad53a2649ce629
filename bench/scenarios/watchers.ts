import { pureWorkflow } from "../load/pure.ts";
import { cpuRows } from "../platform/cpu.ts";
import type { Target } from "../platform/target.ts";
import { medianBy } from "../report/percentiles.ts";
import { busyNotes, column, lossRows, type Outcome, type Session } from "../scenario.ts";
import { type TriggerRound, triggerRound } from "./rounds.ts";

const WATCHERS = 200;
/** Some five seconds: lists are looked at less often while they move on fast. */
const TRIGGERS = 60_000;
// A round differs from the next by more than watchers cost.
const ROUNDS = 5;

/** Streams of the list of runs, each read to its end by somebody. */
interface Watching {
  /** Ends them. @returns bytes that came of all of them together */
  end(): Promise<number>;
}

/** Triggers with nobody who watches, and with 200 who follow the list of all runs, by turns: what watchers cost. */
export async function watchers(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { target } = platform;
    const { workflow, notes } = await pureWorkflow(session, target);
    const count = session.scaled(TRIGGERS);
    session.progress(`watchers: ${ROUNDS} times ${count} triggers without and with ${WATCHERS} streams`);
    await triggerRound(platform, workflow, count);
    const rounds: { alone: TriggerRound; watched: TriggerRound; bytes: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const alone = await triggerRound(platform, workflow, count);
      const watching = await watch(target, WATCHERS);
      const watched = await triggerRound(platform, workflow, count);
      rounds.push({ alone, watched, bytes: await watching.end() });
    }
    const results = rounds.flatMap(({ alone, watched }) => [alone, watched]);
    const middle = medianBy(rounds, ({ alone, watched }) => watched.per_second / alone.per_second);
    const errors = results.reduce((sum, { expected, ok }) => sum + expected - ok, 0);
    const lost = results.reduce((sum, one) => sum + one.lost, 0);
    return {
      tables: [
        {
          title: `watchers: triggers of 3 pure steps, alone and with ${WATCHERS} streams of the list, median of ${ROUNDS}`,
          rows: [
            { figure: "triggers alone", ours: middle.alone.per_second, unit: "/s", better: "higher", bound: "post" },
            { figure: "triggers while watched", ours: middle.watched.per_second, unit: "/s", better: "higher" },
            {
              figure: "watched by alone",
              ours: middle.watched.per_second / middle.alone.per_second,
              unit: "",
              better: "higher",
            },
            // Those who watch are on the same processors: what the platform itself spends is apart from them.
            ...cpuRows("alone: ", middle.alone.processes, middle.alone.ok),
            ...cpuRows("watched: ", middle.watched.processes, middle.watched.ok),
            { figure: "told to a watcher", ours: middle.bytes / WATCHERS / 1000, unit: "kB", better: "lower" },
            ...lossRows(session, errors, lost),
          ],
          notes: [...notes, ...results.flatMap(({ refusals }) => refusals), ...busyNotes(results)],
        },
      ],
      columns: [column("watchers", middle.watched)],
      measured: rounds,
    };
  });
}

async function watch({ host, port }: Target, count: number): Promise<Watching> {
  const api = `http://${host}:${port}/api/v1`;
  const asked = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: count }, async () => {
      const headers = { accept: "text/event-stream" };
      const response = await fetch(`${api}/events`, {
        ...{ headers, signal: asked.signal, proxy: false },
      });
      if (!response.ok || response.body === null) throw new Error(`GET /api/v1/events answered ${response.status}`);
      return response.body;
    }),
  );
  const read = streams.map((stream) => bytesOf(stream, `${api}/runs?view=summary&limit=100`));
  return {
    async end() {
      asked.abort();
      return (await Promise.all(read)).reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}

/** How much comes of a stream until it is given up, with the list, which is read again where the stream says so. */
async function bytesOf(stream: ReadableStream<Uint8Array>, list: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const part of stream) {
      bytes += part.byteLength;
      if (!new TextDecoder().decode(part).includes("event: resync")) continue;
      const response = await fetch(list, { proxy: false });
      bytes += (await response.bytes()).byteLength;
    }
  } catch {
    // It was given up.
  }
  return bytes;
}
