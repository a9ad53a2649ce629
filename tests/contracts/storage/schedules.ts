/** Schedules: what is due is claimed by one, and a tick has one run however often it is fired. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { MOST_CLAIMED_CHARACTERS } from "../../../src/storage/port/schedules.ts";
import type { NewSchedule, ScheduleMove, ScheduleRecord } from "../../../src/storage/port.ts";
import { type Check, granted, MINUTE, NAMESPACE, only, present, progress, uuidsOf, type World } from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
const HOLD = 60;

const newSchedule = (world: World, fields: Partial<NewSchedule> = {}): NewSchedule => ({
  uuid: newId(world.now()),
  namespace: NAMESPACE,
  id: "nightly",
  workflow: "report",
  settings: '{"every":60}',
  position: { nextAt: world.now(), waiting: [], backfill: null },
  dueAt: world.now() - 1,
  createdAt: world.now(),
  ...fields,
});

/** Stores a schedule and gives it as it is stored. */
async function schedule(world: World, fields: Partial<NewSchedule> = {}): Promise<ScheduleRecord> {
  const item = newSchedule(world, fields);
  granted(await world.storage.schedules.insert(item));
  return present(await world.storage.schedules.find(item));
}

/** A move to a tick a minute later, with a run of a workflow. */
function move(world: World, { uuid, revision, position }: ScheduleRecord, workflow: string | null): ScheduleMove {
  const nextAt = (position.nextAt ?? 0) + MINUTE;
  const { uuid: _, ...run } = world.newRun(workflow ?? "");
  const made = workflow === null ? null : { ...run, preparedFor: { workflowUuid: workflow, version: 1 } };
  const to = { position: { ...position, nextAt }, dueAt: nextAt };
  return { schedule: uuid, revision, to, skipped: null, run: made };
}

const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id).sort();
const runsOf = async (world: World) =>
  uuidsOf(await world.storage.listRuns({ namespace: NAMESPACE, limit: 100, order: "desc", after: null }));

export function scheduleContract(check: Check): void {
  check("a schedule is read as it was stored, by its id, and no two have one", async (world) => {
    const { schedules } = world.storage;
    const item = newSchedule(world);
    granted(await schedules.insert(item));
    const { dueAt: _, ...shown } = item;
    const found = { ...shown, revision: 1, lastRunId: null, skipped: null, updatedAt: item.createdAt };
    expect(await schedules.find(item)).toEqual(found);
    expect(await schedules.find({ namespace: "others", id: item.id })).toBeNull();
    const again = await schedules.insert({ ...item, uuid: newId(world.now()) });
    expect(again).toMatchObject({ kind: "error", code: "schedule_exists" });
    granted(await schedules.insert({ ...item, uuid: newId(world.now()), namespace: "others" }));
  });

  check("of large ones fewer are claimed at once, and the others next", async (world) => {
    const { schedules } = world.storage;
    const settings = JSON.stringify({ every: 60, payload: { text: "x".repeat(MOST_CLAIMED_CHARACTERS / 4) } });
    for (let n = 0; n < 6; n++) await schedule(world, { id: `large ${n}`, settings, dueAt: world.now() - MINUTE + n });
    await schedule(world, { id: "last" });
    expect(idsOf(await schedules.claimDue(500, MINUTE))).toEqual(["large 0", "large 1", "large 2", "large 3"]);
    expect(idsOf(await schedules.claimDue(500, MINUTE))).toEqual(["large 4", "large 5", "last"]);
    expect(await schedules.claimDue(500, MINUTE)).toEqual([]);
  });

  check("what is replaced has another revision, what is deleted is gone", async (world) => {
    const { schedules } = world.storage;
    const stored = await schedule(world);
    const { uuid: _, ...change } = newSchedule(world, { settings: '{"every":5}', dueAt: null });
    granted(await schedules.replace(change));
    expect(await schedules.find(stored)).toMatchObject({ uuid: stored.uuid, settings: '{"every":5}', revision: 2 });
    expect(await schedules.nextDue()).toBeNull();
    expect(await schedules.replace({ ...change, id: "other" })).toMatchObject({ code: "schedule_not_found" });
    granted(await schedules.delete(stored));
    expect(await schedules.find(stored)).toBeNull();
    expect(await schedules.delete(stored)).toMatchObject({ code: "schedule_not_found" });
  });

  check("lists are of one namespace, by page, in both orders", async (world) => {
    for (const id of ["a", "b", "c"]) await schedule(world, { id });
    await schedule(world, { id: "d", namespace: "others" });
    const { schedules } = world.storage;
    const page = { namespace: NAMESPACE, limit: 2, order: "asc", after: null } as const;
    const first = await schedules.list(page);
    expect(first.map(({ id }) => id)).toEqual(["a", "b"]);
    const rest = await schedules.list({ ...page, after: present(first[1]).uuid });
    expect(rest.map(({ id }) => id)).toEqual(["c"]);
    const newest = await schedules.list({ ...page, order: "desc" });
    expect(newest.map(({ id }) => id)).toEqual(["c", "b"]);
    const older = await schedules.list({ ...page, order: "desc", after: present(newest[1]).uuid });
    expect(older.map(({ id }) => id)).toEqual(["a"]);
  });

  check("what is due is claimed by one, and by another once the claim is over", async (world) => {
    const { schedules } = world.storage;
    await schedule(world, { id: "late", dueAt: world.now() - MINUTE });
    await schedule(world, { id: "due" });
    await schedule(world, { id: "early", dueAt: world.now() + MINUTE });
    await schedule(world, { id: "never", dueAt: null });
    expect(idsOf(await schedules.claimDue(1, MINUTE))).toEqual(["late"]);
    const claimed = await Promise.all([schedules.claimDue(10, MINUTE), schedules.claimDue(10, MINUTE)]);
    expect(idsOf(claimed.flat())).toEqual(["due"]);
    expect(present(await schedules.nextDue())).toBeGreaterThan(world.now());
    await schedule(world, { id: "again" });
    expect(idsOf(await schedules.claimDue(10, HOLD))).toEqual(["again"]);
    await world.pass(2 * HOLD);
    expect(idsOf(await schedules.claimDue(10, MINUTE))).toEqual(["again"]);
  });

  check("a move stores the run of its tick, which is due", async (world) => {
    const { schedules } = world.storage;
    const workflow = await world.workflow();
    const stored = await schedule(world);
    const inserted = present(granted(only(await schedules.move([move(world, stored, workflow)]))));
    expect(inserted).toMatchObject({ workflowUuid: workflow, workflowVersion: 1, ended: false });
    const nextAt = present(stored.position.nextAt) + MINUTE;
    expect(await schedules.find(stored)).toMatchObject({
      revision: 2,
      lastRunId: inserted.uuid,
      position: { nextAt, waiting: [], backfill: null },
    });
    expect(await schedules.nextDue()).toBe(nextAt);
    expect(uuidsOf(await world.claimDue())).toEqual([inserted.uuid]);
  });

  check("a tick that is fired twice has one run", async (world) => {
    const { schedules } = world.storage;
    const workflow = await world.workflow();
    const others = await Promise.all(["b", "c"].map((id) => schedule(world, { id })));
    const stored = await schedule(world);
    const all = [stored, ...others].map((one) => move(world, one, workflow));
    const outcomes = await Promise.all([schedules.move(all), schedules.move(all.toReversed())]);
    expect(
      outcomes
        .flat()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["lost", "lost", "lost", "ok", "ok", "ok"]);
    expect(await runsOf(world)).toHaveLength(3);
    expect(await schedules.move(all)).toEqual([{ kind: "lost" }, { kind: "lost" }, { kind: "lost" }]);
    granted(await schedules.delete(stored));
    const moved = move(world, { ...stored, revision: 2 }, workflow);
    expect(await schedules.move([moved])).toEqual([{ kind: "lost" }]);
    expect(await runsOf(world)).toHaveLength(3);
  });

  check("nothing moves where the run is refused, and the others do", async (world) => {
    const { schedules } = world.storage;
    const workflow = await world.workflow();
    const gone = await world.workflow();
    granted(only(await world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference: gone }])));
    const [one, two, three] = await Promise.all(["a", "b", "c"].map((id) => schedule(world, { id })));
    const old = move(world, present(two), workflow);
    const other = { ...present(old.run), preparedFor: { workflowUuid: workflow, version: 7 } };
    const prepares = await world.workflow({ options: { text: '{"tags":["a"]}', preparesRuns: true } });
    const moves = [move(world, present(one), gone), { ...old, run: other }, move(world, present(three), workflow)];
    const outcomes = await schedules.move(moves);
    expect(outcomes[0]).toMatchObject({ kind: "error", code: "workflow_not_found" });
    expect(outcomes[2]).toMatchObject({ kind: "ok", value: { workflowUuid: workflow } });
    expect((await schedules.find(present(one)))?.revision).toBe(1);
    expect((await schedules.find(present(three)))?.revision).toBe(2);
    const unprepared = { ...other, workflow: prepares, preparedFor: { workflowUuid: prepares, version: 7 } };
    const refused = only(await schedules.move([{ ...move(world, present(one), null), run: unprepared }]));
    expect(refused).toMatchObject({
      kind: "ok",
      value: { unprepared: true, workflowUuid: prepares, workflowVersion: 1 },
    });
    expect((await schedules.find(present(one)))?.revision).toBe(1);
  });

  check("a run that takes turns waits in line, or is refused with its move", async (world) => {
    const { schedules } = world.storage;
    const workflow = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
    const [one, two, three] = await Promise.all(["a", "b", "c"].map((id) => schedule(world, { id })));
    const turn = { line: "x", most: 1, onLimit: "queue", rate: null } as const;
    const lined = (stored: ScheduleRecord, onLimit: "queue" | "reject" = "queue") => {
      const item = move(world, stored, workflow);
      return { ...item, run: { ...present(item.run), turn: { ...turn, onLimit } } };
    };
    const first = present(granted(only(await schedules.move([lined(present(one))]))));
    const outcomes = await schedules.move([lined(present(two)), lined(present(three), "reject")]);
    expect(outcomes[0]).toMatchObject({ kind: "ok", value: { waits: true } });
    expect(outcomes[1]).toMatchObject({ kind: "error", code: "concurrency_limit" });
    expect((await schedules.find(present(three)))?.revision).toBe(1);
    expect(uuidsOf(await world.claimDue())).toEqual([first.uuid]);
    // One that waits for its turn is under way as well.
    const waiting = present(await schedules.find(present(two)));
    const due = { position: waiting.position, dueAt: world.now() - 1 };
    granted(only(await schedules.move([{ ...move(world, waiting, null), to: due }])));
    const claimed = await schedules.claimDue(10, HOLD);
    expect(claimed.map(({ id, isUnderWay }) => [id, isUnderWay]).toSorted()).toEqual([
      ["b", true],
      ["c", false],
    ]);
  });

  check("whether its last run is under way is told with the claim", async (world) => {
    const { schedules } = world.storage;
    const workflow = await world.workflow();
    const stored = await schedule(world);
    const due = { position: stored.position, dueAt: world.now() - 1 };
    const claim = async () => only(await schedules.claimDue(10, HOLD));
    expect(await claim()).toMatchObject({ isUnderWay: false, lastRunId: null });
    const { uuid } = present(granted(only(await schedules.move([{ ...move(world, stored, workflow), to: due }]))));
    expect(await claim()).toMatchObject({ isUnderWay: true, lastRunId: uuid });
    const run = only(await world.claimDue());
    await world.pass(2 * HOLD);
    expect(await claim()).toMatchObject({ isUnderWay: true });
    granted(await world.save(progress(run, { next: END })));
    await world.pass(2 * HOLD);
    expect(await claim()).toMatchObject({ isUnderWay: false, lastRunId: uuid });
  });

  check("a run beside the ticks takes the place of the last one only once that is over", async (world) => {
    const { schedules } = world.storage;
    const workflow = await world.workflow();
    const stored = await schedule(world);
    const due = { position: stored.position, dueAt: world.now() - 1 };
    const ticked = present(granted(only(await schedules.move([{ ...move(world, stored, workflow), to: due }]))));
    const moved = present(await schedules.find(stored));
    const beside = async () =>
      present(granted(only(await schedules.move([{ ...move(world, moved, workflow), to: null }]))));
    const other = await beside();
    expect(await schedules.find(stored)).toMatchObject({ lastRunId: ticked.uuid });
    const claimed = await world.claimDue();
    const held = (uuid: string) => only(claimed.filter((run) => run.uuid === uuid));
    granted(await world.save(progress(held(other.uuid), { next: END })));
    expect(only(await schedules.claimDue(10, HOLD))).toMatchObject({ isUnderWay: true, lastRunId: ticked.uuid });
    granted(await world.save(progress(held(ticked.uuid), { next: END })));
    const last = await beside();
    expect(await schedules.find(stored)).toMatchObject({ lastRunId: last.uuid });
  });

  check("a skipped tick is kept, and a run beside the ticks moves nothing", async (world) => {
    const { schedules } = world.storage;
    const workflow = await world.workflow();
    const stored = await schedule(world);
    const skipped = { tick: world.now(), reason: "overlap" } as const;
    granted(only(await schedules.move([{ ...move(world, stored, null), skipped }])));
    expect(await schedules.find(stored)).toMatchObject({ skipped, revision: 2, lastRunId: null });
    const moved = present(await schedules.find(stored));
    const beside = { ...move(world, moved, workflow), to: null };
    const { uuid } = present(granted(only(await schedules.move([beside]))));
    expect(await schedules.find(stored)).toEqual({ ...moved, lastRunId: uuid });
    granted(only(await schedules.move([{ ...move(world, moved, null) }])));
    expect(await schedules.find(stored)).toMatchObject({ skipped, lastRunId: uuid });
  });
}
