/** Runs that take turns: never more under way than there may be, in the order in which they came, whoever counts. */
import { expect } from "bun:test";
import { MOST_LINES } from "../../../src/storage/port/runs/turns.ts";
import type { InsertedRun, Outcome, Turn } from "../../../src/storage/port.ts";
import { type Check, granted, MINUTE, NAMESPACE, only, present, progress, type World } from "./kit.ts";

const TURN: Turn = { line: "a", most: 1, onLimit: "queue", rate: null };
/** Of rates: longer than some inserts take. */
const PER = 1000;
const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

interface Lined {
  workflow: string;
  /** Stores a run and gives its uuid, and what the insert said. */
  add(turn?: Partial<Turn>): Promise<{ uuid: string; outcome: Outcome<InsertedRun> }>;
}

async function lined(world: World): Promise<Lined> {
  const workflow = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
  return {
    workflow,
    async add(turn = {}) {
      const preparedFor = { workflowUuid: workflow, version: 1 };
      const item = world.newRun(workflow, { preparedFor, turn: { ...TURN, ...turn } });
      return { uuid: item.uuid, outcome: only(await world.storage.insertRuns([item])) };
    },
  };
}

/** Claims what is due, ends it, and gives the uuids in order. */
async function endDue(world: World): Promise<string[]> {
  const runs = await world.claimDue();
  for (const run of runs) granted(await world.save(progress(run, { next: END })));
  return runs.map(({ uuid }) => uuid);
}

const keyOf = (uuid: string) => ({ namespace: NAMESPACE, uuid });
const take = (world: World, ...ended: string[]) => world.storage.takeTurns(ended.map(keyOf));
const uuidsOf = (runs: { uuid: string }[]) => runs.map(({ uuid }) => uuid);

export function turnContract(check: Check): void {
  check("a run more than there may be waits until one is over, and is claimed by nobody before", async (world) => {
    const { add } = await lined(world);
    const [first, second, third] = [await add(), await add(), await add()];
    expect(granted(first.outcome)).toMatchObject({ uuid: first.uuid, claimed: false, ended: false });
    expect([first, second, third].map(({ outcome }) => granted(outcome).waits ?? false)).toEqual([false, true, true]);
    expect(await world.claimByMessage([second.uuid, third.uuid])).toEqual([]);
    expect((await world.storage.findUnclaimed([keyOf(second.uuid)], 1000)).unclaimed).toEqual([]);
    expect(await world.find(second.uuid)).toMatchObject({ status: "pending", startedAt: null });
    expect(present((await take(world)).nextAt)).toBeGreaterThan(world.now() - 1);
    expect(await endDue(world)).toEqual([first.uuid]);
    expect(await take(world, first.uuid)).toMatchObject({ begun: [keyOf(second.uuid)], cancel: [] });
    expect(await endDue(world)).toEqual([second.uuid]);
    // Whoever was to let the next one begin has died: a later look finds it.
    expect(uuidsOf((await take(world)).begun)).toEqual([third.uuid]);
    expect(await endDue(world)).toEqual([third.uuid]);
    expect(await take(world, third.uuid)).toEqual({ begun: [], cancel: [], nextAt: null });
  });

  check("a run that sleeps or is held is under way, one that was cancelled is not", async (world) => {
    const { add } = await lined(world);
    const [first, second, third] = [await add(), await add(), await add()];
    const run = only(await world.claimDue());
    expect((await take(world)).begun).toEqual([]);
    granted(await world.save(progress(run, { next: { kind: "due", dueAt: world.now() + MINUTE } })));
    expect((await take(world)).begun).toEqual([]);
    const cancel = (uuid: string) => world.storage.requestControl([{ ...keyOf(uuid), kind: "cancel" }]);
    expect(only(await cancel(first.uuid))).toEqual({ kind: "ok", value: "cancelled" });
    expect(uuidsOf((await take(world)).begun)).toEqual([second.uuid]);
    // One that waits is cancelled at once, and takes no turn.
    expect(only(await cancel(third.uuid))).toEqual({ kind: "ok", value: "cancelled" });
    expect(await world.find(third.uuid)).toMatchObject({ status: "cancelled", startedAt: null });
    expect(only(await cancel(third.uuid))).toEqual({ kind: "ok", value: "over" });
    expect(await endDue(world)).toEqual([second.uuid]);
    expect((await take(world, second.uuid)).begun).toEqual([]);
    expect(await world.claimDue()).toEqual([]);
  });

  check("lines do not wait for one another, nor do workflows", async (world) => {
    const [one, other] = [await lined(world), await lined(world)];
    const runs = [await one.add(), await one.add({ line: "b" }), await other.add(), await one.add()];
    expect(runs.map(({ outcome }) => granted(outcome).waits ?? false)).toEqual([false, false, false, true]);
    expect((await endDue(world)).sort()).toEqual(uuidsOf(runs.slice(0, 3)).sort());
    expect(uuidsOf((await take(world, runs[1]?.uuid ?? "")).begun)).toEqual([runs[3]?.uuid ?? ""]);
  });

  check("with reject a run more is refused and not stored", async (world) => {
    const { add } = await lined(world);
    const turn = { most: 2, onLimit: "reject" } as const;
    const [first, , third] = [await add(turn), await add(turn), await add(turn)];
    expect(third.outcome).toEqual({ kind: "error", code: "concurrency_limit", subject: "2" });
    expect(await world.stored([third.uuid])).toEqual([]);
    const run = present((await world.claimDue()).find(({ uuid }) => uuid === first.uuid));
    granted(await world.save(progress(run, { next: END })));
    expect((await add(turn)).outcome.kind).toBe("ok");
  });

  check("with cancel_oldest the oldest under way are named until they are over", async (world) => {
    const { add } = await lined(world);
    const turn = { most: 2, onLimit: "cancel_oldest" } as const;
    const [first, second, third] = [await add(turn), await add(turn), await add(turn)];
    expect(granted(third.outcome)).toMatchObject({ waits: true, cancel: [keyOf(first.uuid)] });
    const fourth = await add(turn);
    expect(granted(fourth.outcome).cancel).toEqual([keyOf(first.uuid), keyOf(second.uuid)]);
    expect((await take(world)).cancel).toEqual([keyOf(first.uuid), keyOf(second.uuid)]);
    await world.storage.requestControl([{ ...keyOf(first.uuid), kind: "cancel" }]);
    expect(await take(world)).toMatchObject({ begun: [keyOf(third.uuid)], cancel: [keyOf(second.uuid)] });
  });

  check(
    "a rate lets so many begin in its time, and the next when the first of them is that long ago",
    async (world) => {
      const { add } = await lined(world);
      const turn = { most: null, rate: { key: "r", most: 2, perMilliseconds: PER } };
      const before = world.now();
      const [first, second, third] = [await add(turn), await add(turn), await add(turn)];
      expect([first, second, third].map(({ outcome }) => granted(outcome).waits ?? false)).toEqual([
        false,
        false,
        true,
      ]);
      const { begun, nextAt } = await take(world);
      expect(begun).toEqual([]);
      expect(present(nextAt)).toBeWithin(before + PER, world.now() + PER + 1);
      // That the first are over makes no difference.
      expect((await endDue(world)).length).toBe(2);
      expect((await take(world, first.uuid, second.uuid)).begun).toEqual([]);
      await world.pass(PER + 20);
      expect(uuidsOf((await take(world)).begun)).toEqual([third.uuid]);
    },
  );

  check("upkeep forgets no turn that counts", async (world) => {
    const { add } = await lined(world);
    const turn = (line: string) => ({ line, rate: { key: line, most: 1, perMilliseconds: PER } });
    const [first, , third] = [await add(turn("a")), await add(turn("b")), await add(turn("a"))];
    expect(await endDue(world)).toContain(first.uuid);
    await world.storage.maintain(null);
    expect((await take(world, first.uuid)).begun).toEqual([]);
    await world.pass(PER + 20);
    await world.storage.maintain(null);
    expect(uuidsOf((await take(world)).begun)).toEqual([third.uuid]);
    // The one under way counts, however often it is looked.
    const fourth = await add(turn("a"));
    await world.pass(PER + 20);
    await world.storage.maintain(null);
    expect((await take(world)).begun).toEqual([]);
    expect(granted(fourth.outcome).waits).toBe(true);
  });

  check("lines that share a rate begin in the order in which they came", async (world) => {
    const { add } = await lined(world);
    const turn = (line: string) => ({ line, most: 5, rate: { key: "r", most: 1, perMilliseconds: PER } });
    const runs = [await add(turn("a")), await add(turn("b")), await add(turn("a"))];
    const [, second, third] = runs.map(({ uuid }) => uuid);
    await world.pass(PER + 20);
    const begun = [...(await take(world)).begun, ...(await take(world)).begun];
    expect(uuidsOf(begun)).toEqual([present(second)]);
    await world.pass(PER + 20);
    expect(uuidsOf((await take(world)).begun)).toEqual([present(third)]);
  });

  check("a line behind more than one look goes through has its turn", async (world) => {
    const { workflow } = await lined(world);
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const make = (line: string, startAt: number) =>
      world.newRun(workflow, { preparedFor, startAt, turn: { ...TURN, line } });
    const before = Array.from({ length: MOST_LINES }, (_, index) => make(`a${index}`, world.now() + 60 * MINUTE));
    for (const outcome of await world.storage.insertRuns(before)) granted(outcome);
    const soon = world.now() + 2 * PER;
    const item = make("b", soon);
    granted(only(await world.storage.insertRuns([item])));
    await world.pass(Math.max(0, soon - world.now()) + 20);
    const looks = [await take(world), await take(world), await take(world)];
    expect(looks.flatMap(({ begun }) => uuidsOf(begun))).toEqual([item.uuid]);
    for (const { nextAt } of looks.slice(0, 2)) expect(present(nextAt)).toBeLessThanOrEqual(world.now() + PER);
    expect(await endDue(world)).toEqual([item.uuid]);
  });

  check("an insert that comes again finds its run, and takes no second turn", async (world) => {
    const { workflow } = await lined(world);
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const [item, other] = [0, 1].map(() => world.newRun(workflow, { preparedFor, turn: TURN }));
    const insert = async () => (await world.storage.insertRuns([present(item), present(other)])).map(granted);
    const first = await insert();
    expect(first.map(({ waits = false }) => waits)).toEqual([false, true]);
    expect((await insert()).map(({ uuid, waits = false }) => [uuid, waits])).toEqual(
      first.map(({ uuid, waits = false }) => [uuid, waits]),
    );
    expect(await endDue(world)).toEqual([present(item).uuid]);
    expect(uuidsOf((await take(world, present(item).uuid)).begun)).toEqual([present(other).uuid]);
  });

  check("a run that was made by another version, or whose workflow is gone, takes no turn", async (world) => {
    const { workflow } = await lined(world);
    const item = world.newRun(workflow, { preparedFor: { workflowUuid: workflow, version: 2 }, turn: TURN });
    expect(granted(only(await world.storage.insertRuns([item])))).toMatchObject({
      unprepared: true,
      workflowVersion: 1,
    });
    await world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference: workflow }]);
    expect(only(await world.storage.insertRuns([item]))).toMatchObject({ code: "workflow_not_found" });
    expect(await world.stored([item.uuid])).toEqual([]);
  });

  check("a run that is cancelled or paused while its turn comes does not begin", async (world) => {
    const { add } = await lined(world);
    for (let round = 0; round < 4; round++) {
      const kinds = ["cancel", "pause", "cancel", "pause"] as const;
      const asked: { uuid: string; kind: "cancel" | "pause" }[] = [];
      for (const [index, kind] of kinds.entries()) {
        const line = `${round} ${index}`;
        await add({ line });
        asked.push({ uuid: (await add({ line })).uuid, kind });
      }
      await endDue(world);
      const request = ({ uuid, kind }: (typeof asked)[number]) =>
        world.storage.requestControl([{ ...keyOf(uuid), kind }]);
      const [answers] = await Promise.all([Promise.all(asked.toReversed().map(request)), take(world), take(world)]);
      expect(answers.map((answer) => granted(only(answer)))).toEqual(["paused", "cancelled", "paused", "cancelled"]);
      await take(world);
      expect(await world.claimDue()).toEqual([]);
      const found = await world.findRuns(asked.map(({ uuid }) => uuid));
      expect(found.map((run) => run?.status)).toEqual(["cancelled", "paused", "cancelled", "paused"]);
    }
  });

  check("of 40 runs that come at once while others end, never more than three are under way", async (world) => {
    const { workflow } = await lined(world);
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const turn = { ...TURN, most: 3 };
    const items = Array.from({ length: 40 }, () => world.newRun(workflow, { preparedFor, turn }));
    const halves = [items.filter((_, index) => index % 2 === 0), items.filter((_, index) => index % 2 === 1)];
    await Promise.all(halves.map((half) => world.storage.insertRuns(half)));
    let ended = 0;
    for (let round = 0; round < 60 && ended < items.length; round++) {
      const runs = await world.claimDue();
      expect(runs.length).toBeLessThanOrEqual(3);
      for (const run of runs) granted(await world.save(progress(run, { next: END })));
      ended += runs.length;
      // Several look at once.
      await Promise.all([take(world, ...uuidsOf(runs)), take(world), take(world, ...uuidsOf(runs))]);
    }
    expect(ended).toBe(items.length);
  });
}
