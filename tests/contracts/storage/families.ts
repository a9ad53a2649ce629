/** Families of which several are written by one batch: what one write says of a run, and what another, counts both. */
import { expect } from "bun:test";
import type { ClaimedRun, Progress } from "../../../src/storage/port.ts";
import { type Check, entriesText, granted, keysOf, NAMESPACE, only, present, progress, type World } from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
const WAIT = { kind: "due", dueAt: null } as const;

/** Has a held run start one that it waits for, and gives that. */
async function startsOne(world: World, run: ClaimedRun, next: Progress["next"]): Promise<string> {
  const workflow = await world.workflow();
  const child = { uuid: null, path: "0", workflow, version: null, payload: "{}", isAwaited: true, isCancelled: true };
  granted(await world.save(progress(run, { entries: entriesText("0"), children: [child], next })));
  return only(only(await world.storage.findAwaited([run.uuid]))).uuid;
}

/** Claims a run that is due. */
const claim = async (world: World, uuid: string) => present((await world.claimDue()).find((run) => run.uuid === uuid));

/** A held run, and one that it waits for, which another worker holds. */
async function parentAndChild(world: World): Promise<{ parent: ClaimedRun; child: ClaimedRun; worker: string }> {
  const parent = await world.held();
  const uuid = await startsOne(world, parent, { kind: "hold" });
  const mark = await world.mark();
  const [child] = await world.storage.claimByMessage({ ...mark, runs: keysOf([uuid]), maxBytes: 1e6 });
  return { parent: { ...parent, logLength: 1 }, child: present(child), worker: mark.worker };
}

async function saved(world: World, items: Progress[]): Promise<void> {
  for (const outcome of await world.storage.saveProgress(items)) granted(outcome);
}

export function familyContract(check: Check): void {
  check("a run whose parent and whose child end together is cancelled, and told of its child", async (world) => {
    const parent = await world.held();
    const uuid = await startsOne(world, parent, { kind: "hold" });
    const child = await startsOne(world, await claim(world, uuid), WAIT);
    await saved(world, [
      progress({ ...parent, logLength: 1 }, { next: { ...END, status: "failed", error: "no" } }),
      progress(await claim(world, child), { next: END }),
    ]);
    const run = await claim(world, uuid);
    expect(run.isCancelled).toBe(true);
    expect(run.inbox.map(({ kind, name }) => [kind, name])).toEqual([["child", "0"]]);
  });

  check("the same of one that stands still: its log says for how long", async (world) => {
    const parent = await world.held();
    const uuid = await startsOne(world, parent, { kind: "hold" });
    const child = await startsOne(world, await claim(world, uuid), WAIT);
    const held = await claim(world, child);
    granted(only(await world.storage.requestControl([{ namespace: NAMESPACE, uuid, kind: "pause" }])));
    await saved(world, [progress({ ...parent, logLength: 1 }, { next: END }), progress(held, { next: END })]);
    const run = await claim(world, uuid);
    expect(run).toMatchObject({ isCancelled: true, logLength: 2, inbox: [{ kind: "child" }] });
    expect(JSON.parse(run.log)).toHaveLength(2);
  });

  check("a held run is cancelled by its parent's write, though its own is written with it", async (world) => {
    const { parent, child, worker } = await parentAndChild(world);
    await saved(world, [
      progress(parent, { entries: entriesText("1"), left: ["0"] }),
      progress(child, { entries: entriesText("0"), taken: [] }),
    ]);
    expect(await world.storage.controlOf(worker)).toMatchObject([{ uuid: child.uuid, kind: "cancel" }]);
    granted(await world.save(progress({ ...child, logLength: 1 }, { next: WAIT })));
    expect(await claim(world, child.uuid)).toMatchObject({ isCancelled: true, logLength: 1 });
  });

  check("a run that is given back meanwhile is due", async (world) => {
    const { parent, child, worker } = await parentAndChild(world);
    granted(only(await world.storage.requestControl([{ namespace: NAMESPACE, uuid: child.uuid, kind: "pause" }])));
    await saved(world, [
      progress(parent, { entries: entriesText("1"), left: ["0"] }),
      progress(child, { entries: entriesText("0"), taken: [], next: WAIT }),
    ]);
    expect(await world.storage.heldBy(worker)).toEqual([]);
    expect(await claim(world, child.uuid)).toMatchObject({ isCancelled: true, logLength: 1 });
    expect(await world.find(child.uuid)).toMatchObject({ status: "running", control: "cancelling" });
  });
}
