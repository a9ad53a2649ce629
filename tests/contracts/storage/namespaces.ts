/** Namespaces: who names a run, a workflow or a version of one namespace in another finds nothing, and changes nothing. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { nameOfRun, type RunKey } from "../../../src/schemas/runs/run.ts";
import type { Next, Progress } from "../../../src/storage/port.ts";
import {
  type Check,
  entriesText,
  granted,
  MINUTE,
  NAMESPACE,
  only,
  progress,
  ROOM,
  uuidsOf,
  type World,
} from "./kit.ts";

const THEIRS = "theirs";
const UNSTORABLE = { kind: "error", code: "unstorable" };
const END: Next = { kind: "end", status: "success", error: null, stepResults: "{}" };
const CANCEL = "cancel" as const;

const mine = (uuid: string): RunKey => ({ namespace: NAMESPACE, uuid });
const theirs = (uuid: string): RunKey => ({ namespace: THEIRS, uuid });

const namesOf = (keys: RunKey[]) => keys.map(nameOfRun).sort();

/** A run for each namespace, of a workflow of its own. */
async function runInEach(world: World): Promise<[mine: string, theirs: string]> {
  const workflow = await world.workflow({ namespace: THEIRS });
  const item = world.newRun(workflow, { namespace: THEIRS });
  granted(only(await world.storage.insertRuns([item])));
  return [await world.run(), item.uuid];
}

/** All that is stored of a run of the usual namespace, by which it is seen that nothing changed. */
async function stateOf(world: World, uuid: string): Promise<unknown> {
  return [await world.find(uuid), await world.storage.nextDue(0), await world.storage.nextDue(MINUTE)];
}

export function namespaceContract(check: Check): void {
  check("a message claims the run of its own namespace alone", async (world) => {
    const { storage } = world;
    const [ours, others] = await runInEach(world);
    const before = await stateOf(world, ours);
    const claim = { ...(await world.mark()), maxBytes: ROOM };
    expect(await storage.claimByMessage({ ...claim, runs: [theirs(ours), mine(others), theirs(ours)] })).toEqual([]);
    expect(await stateOf(world, ours)).toEqual(before);
    const claimed = await storage.claimByMessage({ ...claim, runs: [theirs(ours), mine(ours), theirs(others)] });
    expect(namesOf(claimed)).toEqual(namesOf([mine(ours), theirs(others)]));
    expect(claimed.map(({ token }) => token)).toEqual([1, 1]);
  });

  check("unclaimed and stored runs are found in their namespace alone", async (world) => {
    const { storage } = world;
    const [ours, others] = await runInEach(world);
    const taken = await world.held();
    const wrong = [theirs(ours), mine(others), theirs(taken.uuid)];
    expect(await storage.findUnclaimed(wrong, ROOM)).toEqual({ unclaimed: [], taken: [] });
    expect(await storage.storedRuns(wrong)).toEqual([]);
    const right = [mine(ours), theirs(others), mine(taken.uuid)];
    const found = await storage.findUnclaimed([...wrong, ...right], ROOM);
    expect(namesOf(found.unclaimed)).toEqual(namesOf(right.slice(0, 2)));
    expect(found.taken).toEqual([mine(taken.uuid)]);
    expect(namesOf(await storage.storedRuns([...wrong, ...right]))).toEqual(namesOf(right));
  });

  check("due runs of all namespaces are claimed by any worker, which is told of each", async (world) => {
    const [ours, others] = await runInEach(world);
    const mark = await world.mark();
    const claimed = await world.storage.claimDue({ ...mark, limit: 10, maxBytes: ROOM, patienceMilliseconds: 0 });
    const keys = [mine(ours), theirs(others)];
    expect(namesOf(claimed)).toEqual(namesOf(keys));
    const held = await world.storage.heldBy(mark.worker);
    expect(namesOf(held)).toEqual(namesOf(keys));
    const due: Next = { kind: "due", dueAt: world.now() - 1 };
    const back = held.map((run) => ({ ...run, seq: 0, entries: null, next: due }));
    for (const outcome of await world.storage.saveProgress(back)) granted(outcome);
    expect(uuidsOf(await world.claimDue()).sort()).toEqual([ours, others].sort());
  });

  check("progress in another namespace is lost: of held, unclaimed, and ended runs", async (world) => {
    const { storage } = world;
    const [held, unclaimed] = [await world.held(), { uuid: await world.run(), token: 0, logLength: 0 }];
    const due: Next = { kind: "due", dueAt: world.now() + 5 * MINUTE };
    const startedAt = world.now();
    for (const next of [{ kind: "hold" } as const, due, END]) {
      const wrong: Progress[] = [
        progress(held, { namespace: THEIRS, entries: entriesText("0"), next }),
        progress(unclaimed, { namespace: THEIRS, entries: entriesText("0"), startedAt, next }),
      ];
      const before = [await stateOf(world, held.uuid), await stateOf(world, unclaimed.uuid)];
      expect(await storage.saveProgress(wrong)).toEqual([{ kind: "lost" }, { kind: "lost" }]);
      expect([await stateOf(world, held.uuid), await stateOf(world, unclaimed.uuid)]).toEqual(before);
    }
    const asleep = { uuid: await world.run(), token: 0, logLength: 0 };
    const writes = [
      progress(held, { next: END }),
      progress(unclaimed, { startedAt, next: END }),
      progress(asleep, { entries: entriesText("0"), startedAt, next: due }),
    ];
    // Written and repeated, none of them is known in another namespace. A sleep is not told from that of another worker.
    for (const repeatedSleep of ["ok", "lost"]) {
      const both = [...writes.map((write) => ({ ...write, namespace: THEIRS })), ...writes];
      const kinds = (await storage.saveProgress(both)).map(({ kind }): string => kind);
      expect(kinds).toEqual(["lost", "lost", "lost", "ok", "ok", repeatedSleep]);
    }
  });

  check("control in another namespace finds no run, held or not, and changes none", async (world) => {
    const { storage } = world;
    const mark = await world.mark();
    const [held, pending] = [await world.run({ claim: mark }), await world.run()];
    const before = [await stateOf(world, held), await stateOf(world, pending)];
    const asked = [held, pending].map((uuid) => ({ ...theirs(uuid), kind: CANCEL }));
    for (const outcome of await storage.requestControl(asked)) {
      expect(outcome).toMatchObject({ kind: "error", code: "run_not_found" });
    }
    expect([await stateOf(world, held), await stateOf(world, pending)]).toEqual(before);
    expect(await storage.controlOf(mark.worker)).toEqual([]);
    granted(only(await storage.requestControl([{ ...mine(held), kind: CANCEL }])));
    expect(await storage.controlOf(mark.worker)).toEqual([
      { ...mine(held), token: 1, kind: CANCEL, compensates: true },
    ]);
  });

  check("versions are found in their namespace alone", async (world) => {
    const uuid = await world.workflow({ steps: '[{"name":"a"}]' });
    const key = { namespace: NAMESPACE, workflowUuid: uuid, version: 1 };
    const found = await world.storage.findVersions([{ ...key, namespace: THEIRS }, key, { ...key, namespace: "" }]);
    expect(found.map((text) => (text === null ? null : JSON.parse(text)))).toEqual([
      null,
      { steps: [{ name: "a" }] },
      null,
    ]);
  });

  check("a run or workflow whose uuid another namespace has is not stored, and that one stays", async (world) => {
    const { storage } = world;
    const [ours] = await runInEach(world);
    const workflow = await world.workflow({ namespace: THEIRS, id: "orders" });
    const before = await stateOf(world, ours);
    for (const reference of [workflow, "orders", "nothing"]) {
      const run = { ...world.newRun(reference, theirs(ours)), claim: await world.mark() };
      const outcome = only(await storage.insertRuns([run]));
      expect(outcome).toMatchObject(reference === "nothing" ? { code: "workflow_not_found" } : UNSTORABLE);
    }
    // In one batch the first has it.
    const uuid = newId(world.now());
    const own = await world.workflow();
    const both = [
      world.newRun(own, mine(uuid)),
      world.newRun("orders", theirs(uuid)),
      world.newRun(workflow, theirs(uuid)),
    ];
    const outcomes = await storage.insertRuns(both);
    expect(outcomes).toMatchObject([{ kind: "ok", value: { uuid, workflowUuid: own } }, UNSTORABLE, UNSTORABLE]);
    expect(await stateOf(world, ours)).toEqual(before);

    const definition = world.newWorkflow({ uuid: own, namespace: THEIRS, name: "theirs" });
    expect(await storage.insertWorkflows([definition])).toMatchObject([UNSTORABLE]);
    const [found, absent] = await storage.findWorkflows(
      [NAMESPACE, THEIRS].map((namespace) => ({ namespace, reference: own, version: null })),
    );
    expect([found?.name, absent]).toEqual(["a workflow", null]);
  });
}
