/** How far runs have come: the rows of their logs that a reader does not know yet. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { HistoryRows } from "../../../src/storage/port.ts";
import { type Check, entriesText, granted, MINUTE, NAMESPACE, only, present, progress, type World } from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

async function historyOf(world: World, uuid: string, rows = 0): Promise<HistoryRows> {
  return present(only(await world.storage.findHistory([{ namespace: NAMESPACE, uuid, rows }])));
}

/** The paths of the entries that were given. */
function pathsIn({ entries }: HistoryRows): string[] {
  const parsed: [path: string][] = JSON.parse(entries);
  return parsed.map(([path]) => path);
}

export function historyContract(check: Check): void {
  check("a run tells what is behind the rows that its reader knows, up to its end and after it", async (world) => {
    const uuid = await world.run();
    const created = await historyOf(world, uuid);
    expect(created).toMatchObject({ workflowVersion: 1, startedAt: null, completedAt: null, entries: "[]", rows: 0 });
    expect(created.createdAt).toBeWithin(world.now() - MINUTE, world.now() + 1);
    const run = only(await world.claimByMessage([uuid]));
    expect((await historyOf(world, uuid)).startedAt).toBeWithin(world.now() - MINUTE, world.now() + 1);
    granted(await world.save(progress(run, { entries: entriesText("0", "1") })));
    granted(await world.save(progress(run, { seq: 1, entries: entriesText("2") })));
    const before = await historyOf(world, uuid);
    expect([pathsIn(before), before.rows]).toEqual([["0", "1", "2"], 2]);
    const later = await historyOf(world, uuid, 1);
    expect([pathsIn(later), later.rows]).toEqual([["2"], 2]);
    expect(await historyOf(world, uuid, 2)).toMatchObject({ entries: "[]", rows: 2, completedAt: null });
    granted(await world.save(progress(run, { seq: 2, entries: entriesText("3"), next: END })));
    const ended = await historyOf(world, uuid, 2);
    expect([pathsIn(ended), ended.rows]).toEqual([["3"], 3]);
    expect(ended.completedAt).toBeWithin(world.now() - MINUTE, world.now() + MINUTE);
    expect(pathsIn(await historyOf(world, uuid))).toEqual(["0", "1", "2", "3"]);
  });

  check("a pause is told while it lasts, and by the log once it is over, however it ends", async (world) => {
    const { storage } = world;
    const ask = async (uuid: string, kind: "pause" | "resume" | "cancel") =>
      granted(only(await storage.requestControl([{ namespace: NAMESPACE, uuid, kind }])));
    for (const end of ["resume", "cancel"] as const) {
      const run = await world.held();
      granted(await world.save(progress(run, { entries: entriesText("0") })));
      expect(await ask(run.uuid, "pause")).toBe("requested");
      // Its holder has yet to give it back.
      expect((await historyOf(world, run.uuid)).pausedAt).toBeNull();
      const asleep = { kind: "due", dueAt: world.now() + MINUTE } as const;
      granted(await world.save(progress({ ...run, logLength: 1 }, { next: asleep })));
      const still = await historyOf(world, run.uuid);
      expect([pathsIn(still), still.rows]).toEqual([["0"], 1]);
      const since = present(still.pausedAt);
      expect(since).toBeWithin(world.now() - MINUTE, world.now() + 1);
      await ask(run.uuid, end);
      const after = await historyOf(world, run.uuid, 1);
      expect([after.pausedAt, pathsIn(after), after.rows]).toEqual([null, ["paused"], 2]);
      const [[, { started_at }]]: [[string, { started_at: string }]] = JSON.parse(after.entries);
      expect(Date.parse(started_at)).toBe(since);
    }
    // One that has not begun is told of in no way.
    const pending = await world.run();
    expect(await ask(pending, "pause")).toBe("paused");
    expect((await historyOf(world, pending)).pausedAt).toBeNull();
    await ask(pending, "cancel");
    expect(pathsIn(await historyOf(world, pending))).toEqual([]);
  });

  check("each run is asked on its own, and of one that is not there nothing is known", async (world) => {
    const [first, second] = [await world.held(), await world.held()];
    granted(await world.save(progress(first, { entries: entriesText("0") })));
    const items = [newId(world.now()), second.uuid, first.uuid, "no uuid"].map((uuid) => ({ uuid, rows: 0 }));
    const found = await world.storage.findHistory(items.map((item) => ({ namespace: NAMESPACE, ...item })));
    expect(found.map((history) => history?.rows)).toEqual([undefined, 0, 1, undefined]);
    const elsewhere = await world.storage.findHistory([{ namespace: "other", uuid: first.uuid, rows: 0 }]);
    expect(elsewhere).toEqual([null]);
  });
}
