/**
 * The embedded file survives a power cut: a recorded session's log is cut at every place that matters, with whatever a
 * disk may hold behind the cut, and opened. A seed repeats the cuts; the session is recorded anew each time.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allRuns, untilAllEnded } from "../harness/http/all-runs.ts";
import { Client } from "../harness/http/client.ts";
import { at, numberAt, objectAt, textAt } from "../harness/http/json.ts";
import { Platform } from "../harness/platform.ts";
import { Random } from "../simulation/scheduler.ts";
import { type Case, play } from "./deployment/folder.ts";
import { cutLog, everyOffset, intactFrames, someOffsets, TAILS, tornCheckpoint, tornHeader } from "./wal/damage.ts";
import { HEADER_BYTES } from "./wal/file.ts";
import { History, type State } from "./wal/history.ts";
import { faultOfOpening, folderOf, type Remains } from "./wal/opening.ts";
import { recordSession, type Session } from "./wal/session.ts";

const FULL = process.env.TEST_SIZE === "full";
/** Frames of the log that is cut. */
const FRAMES = FULL ? 120 : 60;
const RANDOM_OFFSETS = 20;
const TORN_CHECKPOINTS = FULL ? 200 : 5;
/** Bytes of a header that reached the disk. */
const HEADER_CUTS = FULL ? Array.from({ length: HEADER_BYTES + 1 }, (_, bytes) => bytes) : [0, 1, 13, 20, 31, 32];
const STARTS = FULL ? 20 : 2;
const INDEX_BYTES = 32_768;
/** In full some 3,800 logs are opened, each by a thread of its own. */
const LONGEST_MS = FULL ? 2_400_000 : 180_000;
/** Less than that, and the test has shown nothing. */
const FEWEST_RUNS = 100;

let session: Session;
let history: History;
let uuids: string[];

beforeAll(async () => {
  session = await recordSession(FRAMES, new Random(Number(process.env.FAULT_SEED ?? 1)));
  history = new History(session.database, session.wal);
  uuids = [...(history.states.at(-1)?.runs ?? [])];
}, LONGEST_MS);
afterAll(() => session?.close());

/** Opens one damaged copy; what is wrong with it is kept for whoever looks into it. */
async function expectSurvival({ folder }: Case, what: string, remains: Remains, state: State): Promise<void> {
  const fault = await faultOfOpening(remains, state, uuids);
  if (fault === null) return;
  const damaged = folderOf(remains);
  cpSync(damaged, join(folder, "damaged"), { recursive: true });
  rmSync(damaged, { recursive: true });
  writeFileSync(join(folder, "platform.db"), session.database);
  writeFileSync(join(folder, "platform.db-wal"), session.wal.bytes);
  throw new Error(`${what}: ${fault}`);
}

/** A test with a folder and random choices of its own. */
function testCase(name: string, work: (scene: Case) => Promise<void>): void {
  test(name, () => play("tests/faults/wal.test.ts", name, work), LONGEST_MS);
}

test("the session has runs before, in and after a checkpoint, and ended in the middle of some", () => {
  const before = history.at(0);
  expect(session.checkpoints).toBeGreaterThan(0);
  expect(session.answered.size).toBeGreaterThan(FEWEST_RUNS);
  expect(uuids.length).toBeGreaterThan(before.runs.size);
  expect(history.states.at(-1)?.open.length).toBeGreaterThan(0);
});

test("a trigger is in the log before it is answered with 200", () => {
  const before = history.at(0).runs;
  let within = 0;
  for (const [runId, { generation, frames }] of session.answered) {
    const last = generation === session.wal.bytes.toString("hex", 16, 24);
    const state = last ? history.at(frames) : history.at(0);
    expect({ runId, last, frames, there: state.runs.has(runId) }).toEqual({ runId, last, frames, there: true });
    if (!before.has(runId)) within++;
  }
  expect(within).toBeGreaterThan(0);
});

test("every commit leaves whole runs: no row of one without what belongs to it", () => {
  for (const { frames, halfWritten } of history.states) {
    expect({ frames, halfWritten }).toEqual({ frames, halfWritten: [] });
  }
});

testCase("a log that is cut anywhere opens with every commit before the cut, and nothing else", async (scene) => {
  const { random, seed } = scene;
  const { wal, stale, database, checkpoints } = session;
  const offsets = FULL ? everyOffset(wal, random) : someOffsets(wal, RANDOM_OFFSETS, random);
  const opened = Object.fromEntries(TAILS.map((tail) => [tail, 0]));
  for (const [index, offset] of offsets.entries()) {
    // All of them in turn, where there is no time for each.
    const tails = FULL ? TAILS : TAILS.slice(index % TAILS.length, (index % TAILS.length) + 1);
    const logs = tails.map((tail) => ({ tail, log: cutLog(wal, stale, offset, tail, random) }));
    // With the header of the log before, the disk would hold all of that log, and not its first frames alone: see below.
    const cut = logs.filter(
      ({ tail, log }) => tail !== "stale" || log.compare(stale, 0, HEADER_BYTES, 0, HEADER_BYTES) !== 0,
    );
    await Promise.all(
      cut.map(async ({ tail, log }) => {
        const state = history.at(intactFrames(wal, log));
        await expectSurvival(scene, `cut at ${offset}, then ${tail}`, { database, log }, state);
        opened[tail] = (opened[tail] ?? 0) + 1;
      }),
    );
  }
  console.log(
    `wal: ${offsets.length} offsets in ${wal.frames.length} frames of ${history.states.length - 1} commits, cut with`,
    `${JSON.stringify(opened)} behind; ${uuids.length} runs, ${history.states.at(-1)?.open.length} under way,`,
    `${checkpoints} checkpoints before; seed ${seed}`,
  );
});

testCase("a checkpoint that is broken off loses nothing", async (scene) => {
  const { wal, database } = session;
  const { random } = scene;
  const log = wal.bytes.subarray(0, wal.offset(wal.frames.length));
  const state = history.at(wal.committed());
  for (let time = 0; time < TORN_CHECKPOINTS; time++) {
    const torn = tornCheckpoint(database, history.checkpointed(), wal, random);
    // The index is mapped memory, which the kernel writes whenever it likes.
    const index = Buffer.alloc(INDEX_BYTES, random.below(256));
    await expectSurvival(scene, "a torn checkpoint", { database: torn, log, index }, state);
  }
  console.log(`wal: ${TORN_CHECKPOINTS} checkpoints broken off, ${state.runs.size} runs in each`);
});

testCase("a log that is begun anew after a checkpoint loses nothing, half a header or not", async (scene) => {
  const state = history.at(session.wal.committed());
  for (const bytes of HEADER_CUTS) {
    const remains = { database: history.checkpointed(), log: tornHeader(session.wal, bytes) };
    await expectSurvival(scene, `${bytes} bytes of a new header`, remains, state);
  }
  console.log(`wal: ${HEADER_CUTS.length} headers broken off, ${state.runs.size} runs behind each`);
});

testCase("the platform starts on what is left, and every run that is in it ends as it should", async ({ random }) => {
  const { wal, stale, database } = session;
  let ended = 0;
  for (let time = 0; time < STARTS; time++) {
    const log = cutLog(wal, stale, random.below(wal.offset(wal.frames.length)), random.pick(TAILS), random);
    const state = history.at(intactFrames(wal, log));
    const dataFolder = folderOf({ database, log });
    const platform = await Platform.start({ dataFolder });
    try {
      const api = new Client(platform.url);
      await untilAllEnded(api, 30_000);
      const found = new Set<string>();
      for await (const run of allRuns(api)) {
        expectEnd(run);
        found.add(textAt(run, "uuid"));
      }
      expect(found).toEqual(state.runs);
      expect(platform.complaints()).toEqual([]);
      ended += found.size;
    } finally {
      await platform.close();
      rmSync(dataFolder, { recursive: true });
    }
  }
  expect(ended).toBeGreaterThan(STARTS * FEWEST_RUNS);
  console.log(`wal: ${STARTS} starts on what a cut left, ${ended} runs ended`);
});

function expectEnd(run: Record<string, unknown>): void {
  const n = numberAt(run, "payload", "n");
  const kind = session.kinds[n % session.kinds.length];
  const got = { run, status: run.status, steps: Object.keys(objectAt(run, "step_results")).length };
  const wanted = { run, status: kind?.status ?? "known", steps: kind?.steps.length ?? 0 };
  expect(got).toEqual(wanted);
  expect(at(run, "step_results", "value", "output")).toEqual({ type: "transform", value: n });
}
