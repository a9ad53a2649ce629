/** Runs that are executed without a claim. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { Progress, RunEnd } from "../../../src/storage/port.ts";
import {
  type Check,
  entriesText,
  granted,
  keysOf,
  MINUTE,
  NAMESPACE,
  only,
  pathsOf,
  present,
  progress,
  SHORT_LEASE,
  TRACEPARENT,
  uuidsOf,
  type World,
} from "./kit.ts";

const RESULTS = '{"b": {"step_name": "b"}, "a": {"step_name": "a", "output": {"text": "a \\"quote\\" and ünï"}}}';
const ROOM = 1024 * 1024;

/** The progress of a run that nobody claimed or began. */
function progressOf(world: World, uuid: string, fields: Partial<Progress>): Progress {
  return progress({ uuid, token: 0, logLength: 0 }, { startedAt: world.now(), ...fields });
}

function endOf(world: World, uuid: string, fields: Partial<RunEnd> = {}): Progress {
  return progressOf(world, uuid, {
    next: { kind: "end", status: "success", error: null, stepResults: RESULTS, ...fields },
  });
}

function sleepOf(world: World, uuid: string, milliseconds: number): Progress & { next: { kind: "due" } } {
  const next = { kind: "due" as const, dueAt: world.now() + milliseconds };
  return { ...progressOf(world, uuid, { entries: entriesText("0", "1") }), next };
}

export function unclaimedContract(check: Check): void {
  check("unclaimed runs are found with what is needed to execute them; others are not", async (world) => {
    const workflow = await world.workflow();
    const traceparent = TRACEPARENT;
    const unclaimed = world.newRun(workflow, { payload: '{"n":1}', traceparent, graceMilliseconds: MINUTE });
    await world.storage.insertRuns([unclaimed]);
    const [held, left] = [await world.held(), await world.held({}, SHORT_LEASE)];
    const claim = await world.mark();
    const [claimed, ended] = [await world.run({ claim }), await world.run()];
    granted(only(await world.storage.saveProgress([endOf(world, ended)])));
    await world.pass(SHORT_LEASE * 2);
    const others = [newId(world.now()), "nonsense", unclaimed.uuid];
    const asked = [unclaimed.uuid, held.uuid, left.uuid, claimed, ended, ...others];
    const found = await world.storage.findUnclaimed(keysOf(asked), ROOM);
    const { payload, ...key } = only(found.unclaimed);
    expect(key).toEqual({
      namespace: NAMESPACE,
      uuid: unclaimed.uuid,
      workflowUuid: workflow,
      version: 1,
      traceparent,
    });
    expect(JSON.parse(payload)).toEqual({ n: 1 });
    expect(uuidsOf(found.taken).sort()).toEqual([held.uuid, left.uuid, claimed, ended].toSorted());
    expect(await world.storage.findUnclaimed([], ROOM)).toEqual({ unclaimed: [], taken: [] });
  });

  check("no more payloads are found than there is room for, but always one", async (world) => {
    const uuids = await world.runs(4, { payload: JSON.stringify({ text: "x".repeat(1000) }) });
    const ended = await world.run();
    granted(only(await world.storage.saveProgress([endOf(world, ended)])));
    for (const [room, found] of [
      [1, 1],
      [1500, 2],
      [ROOM, 4],
    ] as const) {
      const { unclaimed, taken } = await world.storage.findUnclaimed(keysOf([...uuids, ended]), room);
      expect(unclaimed.length).toBe(found);
      // What is unclaimed and found no room is not taken: it is to be claimed.
      expect(taken).toEqual(keysOf([ended]));
    }
  });

  check("its end is stored, and nobody claims it any more", async (world) => {
    const uuid = await world.run();
    const startedAt = world.now();
    await world.pass(5);
    granted(only(await world.storage.saveProgress([{ ...endOf(world, uuid), startedAt }])));
    const run = await world.find(uuid);
    expect(run).toMatchObject({ status: "success", error: null, startedAt, log: "[]" });
    expect(run.completedAt).toBeGreaterThanOrEqual(startedAt);
    expect(JSON.parse(present(run.stepResults))).toEqual(JSON.parse(RESULTS));
    expect(await world.claimByMessage([uuid])).toEqual([]);
    expect(await world.claimDue()).toEqual([]);
    expect(await world.storage.nextDue(0)).toBeNull();
  });

  check(
    "its sleep is stored with its log, once; it is due when that is over, and claimed like any other",
    async (world) => {
      const uuid = await world.run({ graceMilliseconds: MINUTE });
      const sleep = sleepOf(world, uuid, SHORT_LEASE);
      granted(only(await world.storage.saveProgress([sleep])));
      const asleep = await world.find(uuid);
      expect(asleep).toMatchObject({
        status: "running",
        startedAt: sleep.startedAt,
        completedAt: null,
        stepResults: null,
      });
      expect(pathsOf(asleep)).toEqual(["0", "1"]);
      for (const item of [sleep, endOf(world, uuid)]) {
        expect(only(await world.storage.saveProgress([item])).kind).toBe("lost");
      }
      expect(await world.find(uuid)).toEqual(asleep);
      expect(await world.claimByMessage([uuid])).toEqual([]);
      expect(await world.storage.findUnclaimed(keysOf([uuid]), ROOM)).toEqual({ unclaimed: [], taken: keysOf([uuid]) });
      expect(await world.storage.nextDue(0)).toBe(sleep.next.dueAt);
      await world.pass(SHORT_LEASE * 2);
      const claimed = only(await world.claimDue());
      expect(claimed).toMatchObject({ uuid, token: 1, logLength: 1 });
      expect(pathsOf(claimed)).toEqual(["0", "1"]);
      expect(only(await world.storage.saveProgress([sleep])).kind).toBe("lost");
      granted(await world.save(progress(claimed, { entries: entriesText("2") })));
      expect(pathsOf(await world.find(uuid))).toEqual(["0", "1", "2"]);
    },
  );

  check("of two that executed it at once, the sleep of one stands", async (world) => {
    const uuid = await world.run();
    const mine = sleepOf(world, uuid, MINUTE);
    const theirs: Progress = {
      ...mine,
      entries: entriesText("0"),
    };
    expect((await world.storage.saveProgress([mine])).map(({ kind }) => kind)).toEqual(["ok"]);
    expect(only(await world.storage.saveProgress([theirs])).kind).toBe("lost");
    expect(pathsOf(await world.find(uuid))).toEqual(["0", "1"]);
  });

  check("one that somebody claimed meanwhile is his, and stays as it is", async (world) => {
    const [byMessage, bySweep, free] = await world.runs(3);
    const claimed = await world.claimByMessage([present(byMessage)]);
    claimed.push(only(await world.claimDue(1)));
    expect(uuidsOf(claimed)).toEqual([present(byMessage), present(bySweep)]);
    const ends = [byMessage, bySweep, free].map((uuid) => endOf(world, present(uuid)));
    const outcomes = await world.storage.saveProgress(ends);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["lost", "lost", "ok"]);
    for (const { uuid } of claimed) {
      expect(await world.find(uuid)).toMatchObject({ status: "running", stepResults: null, completedAt: null });
    }
    const [asleep] = claimed;
    const { uuid } = present(asleep);
    granted(await world.save(progress(present(asleep), { next: { kind: "due", dueAt: world.now() - 1 } })));
    expect(only(await world.storage.saveProgress([endOf(world, uuid)])).kind).toBe("lost");
  });

  check("repeated, it is the same end; another end is refused", async (world) => {
    const uuid = await world.run();
    const end = endOf(world, uuid, { status: "failed", error: "it said no" });
    granted(only(await world.storage.saveProgress([end])));
    const before = await world.find(uuid);
    await world.pass(5);
    granted(
      only(
        await world.storage.saveProgress([
          endOf(world, uuid, { status: "failed", error: "it said no", stepResults: "{}" }),
        ]),
      ),
    );
    expect((await world.storage.saveProgress([endOf(world, uuid), end, end])).map(({ kind }) => kind)).toEqual([
      "lost",
      "ok",
      "ok",
    ]);
    expect(await world.find(uuid)).toEqual(before);
    expect(before).toMatchObject({ status: "failed", error: "it said no" });
  });

  check("executed with what somebody told, it is stored only if that is what the row says", async (world) => {
    const [workflow, other] = [await world.workflow(), await world.workflow()];
    const payload = '{"text":"a \\"b\\" €","list":[1,{"y":2.5,"x":null}]}';
    const reordered = '{"list":[1,{"x":null,"y":2.5}],"text":"a \\"b\\" €"}';
    const told = { workflowUuid: workflow, version: 1, payload };
    const lies = [
      { ...told, workflowUuid: other },
      { ...told, version: 2 },
      { ...told, payload: "{}" },
      { ...told, payload: payload.replace("2.5", "2.6") },
      { ...told, payload: payload.replace("[1,", "[") },
    ];
    const truths = [told, { ...told, payload: reordered }];
    const items = [...lies, ...truths].map((one) => ({ one, run: world.newRun(workflow, { payload }) }));
    for (const outcome of await world.storage.insertRuns(items.map(({ run }) => run))) granted(outcome);
    const sleeps = (index: number) => index % 2 === 1;
    const save = () =>
      world.storage.saveProgress(
        items.map(({ one, run: { uuid } }, index) => {
          return { ...(sleeps(index) ? sleepOf(world, uuid, MINUTE) : endOf(world, uuid)), told: one };
        }),
      );
    const kinds = (await save()).map(({ kind }): string => kind);
    expect(kinds).toEqual([...lies.map(() => "lost"), ...truths.map(() => "ok")]);
    for (const { run } of items.slice(0, lies.length)) {
      expect(await world.find(run.uuid)).toMatchObject({ status: "pending", startedAt: null, log: "[]" });
    }
    // Also of one that ended so already: whoever was told wrong has nothing to say about it.
    granted(only(await world.storage.saveProgress([endOf(world, present(items[0]).run.uuid)])));
    const repeated = kinds.map((kind, index) => (sleeps(index) ? "lost" : kind));
    expect((await save()).map(({ kind }): string => kind)).toEqual(repeated);
    const unknown = { ...endOf(world, newId(world.now())), told };
    expect(only(await world.storage.saveProgress([unknown])).kind).toBe("lost");
  });

  check("of 500 ends with one that can't be stored and one of no run, 498 are", async (world) => {
    const uuids = await world.runs(500);
    const ends = uuids.map((uuid, index) =>
      endOf(world, index === 7 ? newId(world.now()) : uuid, { stepResults: index === 9 ? "{" : RESULTS }),
    );
    const kinds = (await world.storage.saveProgress(ends)).map(({ kind }) => kind);
    expect(kinds).toEqual(uuids.map((_, index) => (index === 7 ? "lost" : index === 9 ? "error" : "ok")));
    const left = uuidsOf((await world.storage.findUnclaimed(keysOf(uuids), ROOM)).unclaimed);
    expect(left.sort()).toEqual([present(uuids[7]), present(uuids[9])].sort());
  });

  check("claimed and ended at once, each run has one holder or one end", async (world) => {
    const uuids = await world.runs(400);
    const parts = Array.from({ length: 8 }, (_, index) => uuids.slice(index * 50, index * 50 + 50));
    const claims: string[] = [];
    const ended: string[] = [];
    await Promise.all(
      parts.flatMap((part) => [
        world.storage.saveProgress(part.map((uuid) => endOf(world, uuid))).then((outcomes) => {
          ended.push(...part.filter((_, index) => outcomes[index]?.kind === "ok"));
        }),
        world.claimByMessage(part.toReversed()).then((runs) => claims.push(...uuidsOf(runs))),
        world.claimDue(50).then((runs) => claims.push(...uuidsOf(runs))),
      ]),
    );
    expect([...claims, ...ended].sort()).toEqual(uuids.toSorted());
  });
}
