/** Runs that stand still: nobody claims them, whatever comes for them, and they go on where they were. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { ControlKind, ControlResult } from "../../../src/schemas/control/control.ts";
import { type LogEntry, PAUSED } from "../../../src/schemas/log/log.ts";
import { pauseOf } from "../../../src/schemas/log/pauses.ts";
import {
  type Check,
  entriesText,
  granted,
  keysOf,
  NAMESPACE,
  only,
  pathsOf,
  progress,
  ROOM,
  SHORT_LEASE,
  uuidsOf,
  type World,
} from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

async function ask(world: World, kind: ControlKind, ...uuids: string[]): Promise<ControlResult[]> {
  const items = uuids.map((uuid) => ({ namespace: NAMESPACE, uuid, kind }));
  return (await world.storage.requestControl(items)).map(granted);
}

export function pauseContract(check: Check): void {
  check(
    "a new run is paused at once: neither messages nor sweepers nor a write begin it, until it goes on",
    async (world) => {
      const { storage } = world;
      const uuid = await world.run();
      expect(await ask(world, "pause", uuid)).toEqual(["paused"]);
      expect(await ask(world, "pause", uuid)).toEqual(["paused"]);
      expect(await world.find(uuid)).toMatchObject({ status: "paused", startedAt: null, control: null });
      expect(await world.claimByMessage([uuid])).toEqual([]);
      expect(await world.claimDue()).toEqual([]);
      expect(await storage.nextDue(0)).toBeNull();
      expect(await storage.findUnclaimed(keysOf([uuid]), ROOM)).toMatchObject({ unclaimed: [] });
      const unclaimed = progress({ uuid, token: 0, logLength: 0 }, { startedAt: world.now(), next: END });
      expect(await world.save(unclaimed)).toEqual({ kind: "lost" });
      expect(await ask(world, "resume", uuid)).toEqual(["resumed"]);
      expect(await ask(world, "resume", uuid)).toEqual(["resumed"]);
      expect(await world.find(uuid)).toMatchObject({ status: "pending", log: "[]" });
      expect(uuidsOf(await world.claimDue())).toEqual([uuid]);
    },
  );

  check(
    "one that sleeps is not woken by its time or a signal, and its log says how long it stood still",
    async (world) => {
      const { storage } = world;
      const run = await world.held();
      const next = { kind: "due", dueAt: world.now() + SHORT_LEASE } as const;
      granted(await world.save(progress(run, { entries: entriesText("0"), next })));
      expect(await ask(world, "pause", run.uuid)).toEqual(["paused"]);
      await world.pass(SHORT_LEASE * 2);
      const signal = {
        namespace: NAMESPACE,
        uuid: run.uuid,
        id: run.uuid,
        isKeyed: false,
        name: "go",
        body: "1",
        waiting: [],
      };
      granted(only(await storage.putSignals([signal])));
      expect(await world.claimDue()).toEqual([]);
      expect(await world.find(run.uuid)).toMatchObject({ status: "paused" });
      const pausedUntil = world.now();
      expect(await ask(world, "resume", run.uuid)).toEqual(["resumed"]);
      const shown = await world.find(run.uuid);
      expect(shown.status).toBe("running");
      expect(pathsOf(shown)).toEqual(["0", PAUSED]);
      const claimed = only(await world.claimDue());
      expect(claimed).toMatchObject({ uuid: run.uuid, logLength: 2, log: shown.log });
      expect(claimed.inbox.map(({ name }) => name)).toEqual(["go"]);
      const [, pause]: LogEntry[] = JSON.parse(claimed.log);
      if (pause === undefined) throw new Error("the log tells of the pause");
      expect(Date.parse(pause[1].completed_at ?? "")).toBeWithin(pausedUntil, world.now() + 1);
      expect(pauseOf(pause)).toBeGreaterThanOrEqual(SHORT_LEASE * 2 - 1);
      // A worker that had the run before can't write in its place.
      expect(await world.save(progress({ ...run, logLength: 1 }, { entries: entriesText("1") }))).toEqual({
        kind: "lost",
      });
      granted(await world.save(progress(claimed, { entries: entriesText("1"), next: END })));
    },
  );

  check("of one that is held its holder is told, and once it is given back nobody claims it", async (world) => {
    const { storage } = world;
    const mark = await world.mark();
    const uuid = await world.run({ claim: mark });
    const run = { uuid, token: 1, logLength: 0 };
    expect(await ask(world, "pause", uuid)).toEqual(["requested"]);
    expect(await ask(world, "pause", uuid)).toEqual(["requested"]);
    expect(await storage.controlOf(mark.worker)).toEqual([{ namespace: NAMESPACE, uuid, token: 1, kind: "pause" }]);
    expect(await world.find(uuid)).toMatchObject({ status: "running", control: "pausing" });
    granted(await world.save(progress(run, { entries: entriesText("0") })));
    granted(await world.save(progress({ ...run, logLength: 1 }, { next: { kind: "due", dueAt: world.now() } })));
    expect(await world.find(uuid)).toMatchObject({ status: "paused", control: null });
    expect(await world.claimDue()).toEqual([]);
    await ask(world, "resume", uuid);
    expect(uuidsOf(await world.claimDue())).toEqual([uuid]);
  });

  check("one whose holder dies stands still, and one that goes on while it is held is not told of", async (world) => {
    const { storage } = world;
    const [mark, other] = [await world.mark(), await world.mark()];
    const [dying, kept] = [await world.run({ claim: mark }), await world.run({ claim: other })];
    await ask(world, "pause", dying, kept);
    await world.endLease(mark);
    expect(await world.claimDue()).toEqual([]);
    expect(await world.find(dying)).toMatchObject({ status: "paused" });
    expect(await ask(world, "resume", kept, dying)).toEqual(["resumed", "resumed"]);
    expect(await storage.controlOf(other.worker)).toEqual([]);
    expect(await world.find(kept)).toMatchObject({ status: "running", control: null, log: "[]" });
    expect(uuidsOf(await world.claimDue())).toEqual([dying]);
  });

  check(
    "one that is paused is cancelled like any other, and one that is being cancelled is not paused",
    async (world) => {
      const [paused, held] = [await world.run(), await world.held()];
      await ask(world, "pause", paused);
      expect(await ask(world, "cancel", paused, held.uuid)).toEqual(["cancelled", "requested"]);
      expect(await world.find(paused)).toMatchObject({ status: "cancelled" });
      expect(await ask(world, "pause", held.uuid)).toEqual(["refused"]);
      expect(await ask(world, "resume", held.uuid)).toEqual(["resumed"]);
      granted(await world.save(progress(held, { next: END })));
      expect(await ask(world, "pause", held.uuid, paused)).toEqual(["over", "over"]);
      expect(await ask(world, "resume", held.uuid, paused)).toEqual(["over", "over"]);
    },
  );

  check(
    "how a run is for requests is known before one is asked: open, being cancelled, over, not there",
    async (world) => {
      const { storage } = world;
      const [fresh, paused, over] = [await world.run(), await world.run(), await world.run()];
      const held = await world.held();
      const keys = keysOf([fresh, over, newId(world.now()), "nonsense", held.uuid, paused]);
      await ask(world, "pause", paused);
      await ask(world, "cancel", over, held.uuid);
      const known = ["open", "over", null, null, "cancelling", "open"];
      expect<unknown[]>(await storage.findStandings(keys)).toEqual(known);
      expect(await storage.findStandings([{ namespace: "others", uuid: fresh }])).toEqual([null]);
      granted(await world.save(progress(held, { next: END })));
      expect(await storage.findStandings(keysOf([held.uuid]))).toEqual(["over"]);
    },
  );

  check("one that waits for its turn keeps its place, and does not begin when that comes", async (world) => {
    const { storage } = world;
    const workflow = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
    const turn = { line: "a", most: 1, onLimit: "queue", rate: null } as const;
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const [first, second] = [
      world.newRun(workflow, { turn, preparedFor }),
      world.newRun(workflow, { turn, preparedFor }),
    ];
    for (const item of [first, second]) granted(only(await storage.insertRuns([item])));
    expect(await ask(world, "pause", second.uuid)).toEqual(["paused"]);
    expect(await world.find(second.uuid)).toMatchObject({ status: "paused" });
    const run = only(await world.claimByMessage([first.uuid]));
    granted(await world.save(progress(run, { next: END })));
    await storage.takeTurns(keysOf([first.uuid]));
    expect(await world.claimDue()).toEqual([]);
    expect(await world.find(second.uuid)).toMatchObject({ status: "paused" });
    expect(await ask(world, "resume", second.uuid)).toEqual(["resumed"]);
    expect(uuidsOf(await world.claimDue())).toEqual([second.uuid]);
  });

  check("paused, resumed and claimed at once, each run has one fate", async (world) => {
    const { storage } = world;
    const uuids = await world.runs(100);
    const mark = await world.mark();
    const [, claimed] = await Promise.all([
      ask(world, "pause", ...uuids),
      storage.claimByMessage({ ...mark, runs: keysOf(uuids.toReversed()), maxBytes: ROOM }),
    ]);
    const told = uuidsOf(await storage.controlOf(mark.worker));
    expect(told.sort()).toEqual(uuidsOf(claimed).sort());
    const back = claimed.map((run) => progress(run, { next: { kind: "due", dueAt: world.now() } }));
    await Promise.all([storage.saveProgress(back), ask(world, "resume", ...uuids)]);
    const due = await world.claimDue();
    expect(uuidsOf(due).sort()).toEqual(uuids.toSorted());
  });
}
