/** Fencing: who lost a run to another worker writes nothing to it. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { ClaimedRun, Progress, RunRecord } from "../../../src/storage/port.ts";
import { type Check, entriesText, granted, MINUTE, only, pathsOf, progress, type World } from "./kit.ts";

const NEXTS: Record<Progress["next"]["kind"], (world: World) => Progress["next"]> = {
  hold: () => ({ kind: "hold" }),
  due: (world) => ({ kind: "due", dueAt: world.now() - 1 }),
  end: () => ({ kind: "end", status: "failed", error: "stale", stepResults: '{"stale":{}}' }),
};

/** Everything that can be seen of a held run. */
async function seen(world: World, uuid: string): Promise<[RunRecord, number | null]> {
  return [await world.find(uuid), await world.storage.nextDue(0)];
}

/** Ends the lease of the one run and claims it again: shows the row and the log as a worker gets them. */
async function reclaimed(world: World, run: ClaimedRun): Promise<ClaimedRun> {
  granted(await world.renew(run, 1));
  await world.pass(20);
  return only(await world.claimDue());
}

export function fenceContract(check: Check): void {
  for (const [kind, next] of Object.entries(NEXTS)) {
    check(`${kind} with an old token is lost and writes nothing`, async (world) => {
      const { old, current } = await world.takenOver();
      granted(await world.save(progress(current, { entries: entriesText("0"), crashes: 1 })));
      const before = await seen(world, old.uuid);
      for (const logLength of [0, 1]) {
        const stale = progress({ ...old, logLength }, { entries: entriesText("stale"), crashes: 4, next: next(world) });
        expect(await world.save(stale)).toEqual({ kind: "lost" });
        expect(await world.save({ ...stale, entries: null })).toEqual({ kind: "lost" });
      }
      expect(await seen(world, old.uuid)).toEqual(before);
      const again = await reclaimed(world, current);
      expect(pathsOf(again)).toEqual(["0"]);
      expect(again).toMatchObject({ token: 3, crashes: 1, logLength: 1 });
    });

    check(`${kind} with a token that nobody has yet, or of no run, is lost`, async (world) => {
      const held = await world.held();
      const pending = await world.run({ graceMilliseconds: MINUTE });
      const before = await world.findRuns([held.uuid, pending]);
      const guesses = [
        { ...held, token: held.token + 1 },
        { ...held, token: 0 },
        { ...held, uuid: pending, token: 1 },
        { ...held, uuid: newId(world.now()) },
      ];
      const items = guesses.map((guess) => progress(guess, { entries: entriesText("stale"), next: next(world) }));
      expect(await world.storage.saveProgress(items)).toEqual(items.map(() => ({ kind: "lost" })));
      expect(await world.findRuns([held.uuid, pending])).toEqual(before);
    });
  }

  check("of 500 saves with one old token, 499 are written", async (world) => {
    const { old, current } = await world.takenOver();
    const runs = await world.claimByMessage(await world.runs(499));
    const items = runs.toSpliced(77, 0, old).map((run) => progress(run, { entries: entriesText("0") }));
    const expected = items.map((_, index) => (index === 77 ? "lost" : "ok"));
    expect((await world.storage.saveProgress(items)).map(({ kind }) => kind)).toEqual(expected);
    expect(pathsOf(await world.find(current.uuid))).toEqual([]);
    const found = await world.findRuns(runs.map(({ uuid }) => uuid));
    expect(found.map((run) => (run === null ? [] : pathsOf(run)))).toEqual(runs.map(() => ["0"]));
  });

  check("a holder whose lease ran out still writes as long as nobody took over", async (world) => {
    const run = await world.held({}, 10);
    await world.pass(30);
    granted(await world.save(progress(run, { entries: entriesText("0") })));
    expect(await world.claimDue()).toMatchObject([{ token: 2, logLength: 1 }]);
  });
}
