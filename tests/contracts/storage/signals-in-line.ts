/** Signals to runs that wait for their turn, and are in no queue: they are kept, and come with the first claim. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { MAX_KEPT_SIGNALS, MAX_KEPT_SIZE } from "../../../src/storage/port/runs/inbox.ts";
import type { ClaimedRun, NewRun, Turn } from "../../../src/storage/port.ts";
import {
  type Check,
  entriesText,
  granted,
  keysOf,
  NAMESPACE,
  only,
  present,
  progress,
  signal,
  type World,
} from "./kit.ts";

const TURN: Turn = { line: "a", most: 1, onLimit: "queue", rate: null };
/** Of rates and of times to begin at: longer than what is done before. */
const PER = 1000;
const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

/** Stores runs of a workflow that take turns. */
async function lined(world: World): Promise<(turn?: Partial<Turn>, fields?: Partial<NewRun>) => Promise<string>> {
  const workflow = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
  return async (turn = {}, fields = {}) => {
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const item = world.newRun(workflow, { preparedFor, turn: { ...TURN, ...turn }, ...fields });
    granted(only(await world.storage.insertRuns([item])));
    return item.uuid;
  };
}

async function send(world: World, uuid: string, ...names: string[]): Promise<void> {
  const items = names.map((name) => signal(world, uuid, name));
  const stored = (await world.storage.putSignals(items)).map(granted);
  expect(stored.map(({ sent }) => sent)).toEqual(items.map(({ id }) => ({ id, isDelivered: false })));
}

async function kept(world: World, uuid: string): Promise<[number, string][]> {
  const rows = present(only(await world.storage.findInbox([{ uuid, after: 0 }])));
  return rows.map(({ seq, name }) => [seq, name]);
}

const take = (world: World, ...ended: string[]) => world.storage.takeTurns(keysOf(ended));
const end = async (world: World, run: ClaimedRun) => granted(await world.save(progress(run, { next: END })));
const namesOf = ({ inbox }: ClaimedRun) => inbox.map(({ seq, name }) => [seq, name]);

export function signalInLineContract(check: Check): void {
  check("in line: what came comes with the first claim, in order, and goes with what took it", async (world) => {
    const add = await lined(world);
    const [first, second] = [await add(), await add()];
    await send(world, second, "a", "b");
    await send(world, second, "a");
    const all = [
      [1, "a"],
      [2, "b"],
      [3, "a"],
    ] satisfies [number, string][];
    expect(await kept(world, second)).toEqual(all);
    expect(await world.find(second)).toMatchObject({ status: "pending", startedAt: null });
    await end(world, only(await world.claimDue()));
    expect((await take(world, first)).begun).toEqual(keysOf([second]));
    await send(world, second, "c");
    const run = only(await world.claimDue());
    expect([run.uuid, namesOf(run)]).toEqual([second, [...all, [4, "c"]]]);
    granted(await world.save(progress(run, { entries: entriesText("0"), heard: 3, taken: [1, 3] })));
    await send(world, second, "d");
    expect(await kept(world, second)).toEqual([
      [2, "b"],
      [4, "c"],
      [5, "d"],
    ]);
    await end(world, { ...run, logLength: 1 });
    expect(await kept(world, second)).toEqual([]);
  });

  check("in line: the first holder is told of what came, and none sleeps over it", async (world) => {
    const add = await lined(world);
    const [first, second] = [await add(), await add()];
    await send(world, second, "a");
    await end(world, only(await world.claimByMessage([first])));
    await take(world, first);
    const run = only(await world.claimByMessage([second]));
    expect(namesOf(run)).toEqual([[1, "a"]]);
    granted(await world.save(progress(run, { entries: entriesText("0"), next: { kind: "due", dueAt: null } })));
    expect((await world.claimDue()).map(namesOf)).toEqual([[[1, "a"]]]);
  });

  check("by rate, and by its time: what came is there when it begins", async (world) => {
    const add = await lined(world);
    const rate = { key: "r", most: 1, perMilliseconds: PER };
    await add({ most: null, rate });
    const rated = await add({ most: null, rate });
    const timed = await add({ line: "b" }, { startAt: world.now() + PER });
    await send(world, rated, "a");
    await send(world, timed, "b", "c");
    await end(world, only(await world.claimDue()));
    await world.pass(PER + 20);
    await take(world);
    const runs = new Map((await world.claimDue()).map((run) => [run.uuid, namesOf(run)]));
    expect(runs.get(rated)).toEqual([[1, "a"]]);
    expect(runs.get(timed)).toEqual([
      [1, "b"],
      [2, "c"],
    ]);
  });

  check("in line and paused: they are kept until the run goes on", async (world) => {
    const add = await lined(world);
    const [first, second] = [await add(), await add()];
    const ask = async (kind: "pause" | "resume") =>
      granted(only(await world.storage.requestControl([{ ...only(keysOf([second])), kind }])));
    await send(world, second, "a");
    await ask("pause");
    await send(world, second, "b");
    await end(world, only(await world.claimDue()));
    await take(world, first);
    await send(world, second, "c");
    expect(await world.claimDue()).toEqual([]);
    await ask("resume");
    expect(only(await world.claimDue()).inbox.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  check("in line: more than 1,000, or 8 MiB, are refused", async (world) => {
    const add = await lined(world);
    await add();
    const [many, large] = [await add(), await add()];
    const fill = Array.from({ length: MAX_KEPT_SIGNALS }, () => signal(world, many, "a", { body: "1" }));
    for (const outcome of await world.storage.putSignals(fill)) granted(outcome);
    const body = JSON.stringify("x".repeat(MAX_KEPT_SIZE / 4));
    for (let count = 0; count < 3; count++) {
      granted(only(await world.storage.putSignals([signal(world, large, "a", { body })])));
    }
    const more = [signal(world, many, "b"), signal(world, large, "b", { body })];
    const codes = (await world.storage.putSignals(more)).map((outcome) => outcome.kind === "error" && outcome.code);
    expect(codes).toEqual(["too_many_signals", "too_many_signals"]);
    expect((await kept(world, many)).length).toBe(MAX_KEPT_SIGNALS);
  });

  check("in line: one that is sent again with its key is stored once, also after its turn came", async (world) => {
    const add = await lined(world);
    const [first, second] = [await add(), await add()];
    const requestKey = { namespace: NAMESPACE, route: "signals", key: "k", hash: "h" };
    const again = () => world.storage.putSignals([signal(world, second, "a", { requestKey })]);
    expect(granted(only(await again())).isTaken).toBeUndefined();
    expect(granted(only(await again())).isTaken).toBe(true);
    await end(world, only(await world.claimDue()));
    await take(world, first);
    expect(granted(only(await again())).isTaken).toBe(true);
    expect(namesOf(only(await world.claimDue()))).toEqual([[1, "a"]]);
  });

  check("in line: a cancel drops what came, and no more is kept", async (world) => {
    const add = await lined(world);
    await add();
    const second = await add();
    await send(world, second, "a");
    const asked = await world.storage.requestControl([{ ...only(keysOf([second])), kind: "cancel" }]);
    expect(granted(only(asked))).toBe("cancelled");
    expect(await kept(world, second)).toEqual([]);
    expect(only(await world.storage.putSignals([signal(world, second, "b")]))).toMatchObject({ code: "run_ended" });
    expect(only(await world.storage.putSignals([signal(world, second, "b", { namespace: "theirs" })]))).toMatchObject({
      code: "run_not_found",
    });
    expect(await kept(world, second)).toEqual([]);
  });

  check(
    "in line: what came for a child is counted where it leaves its line with the step that waits",
    async (world) => {
      const workflow = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
      const preparedFor = { workflowUuid: workflow, version: 1 };
      granted(only(await world.storage.insertRuns([world.newRun(workflow, { preparedFor, turn: TURN })])));
      const parent = await world.held();
      const uuid = newId(world.now());
      const child = { uuid, path: "0", workflow, version: null, payload: "{}", isAwaited: true, isCancelled: true };
      const started = { entries: entriesText("0"), children: [{ ...child, preparedFor, turn: TURN }] };
      granted(await world.save(progress(parent, started)));
      await send(world, uuid, "a", "b");
      granted(await world.save(progress({ ...parent, logLength: 1 }, { entries: entriesText("0"), left: ["0"] })));
      await send(world, uuid, "c");
      const run = present((await world.claimDue()).find((one) => one.uuid === uuid));
      expect([run.isCancelled, namesOf(run)]).toEqual([
        true,
        [
          [1, "a"],
          [2, "b"],
          [3, "c"],
        ],
      ]);
      granted(await world.save(progress(run, { next: { ...END, status: "cancelled" } })));
      expect(await kept(world, uuid)).toEqual([]);
    },
  );

  check("sent while turns come and runs are cancelled, none is lost and none is left behind", async (world) => {
    const add = await lined(world);
    const runs: string[] = [];
    for (let index = 0; index < 40; index++) runs.push(await add({ line: String(index >> 1) }));
    const waiting = runs.filter((_, index) => index % 2 === 1);
    const gone = waiting.filter((_, index) => index % 2 === 1);
    for (const run of await world.claimDue()) await end(world, run);
    const items = waiting.toReversed().flatMap((uuid) => ["a", "b"].map((name) => signal(world, uuid, name)));
    const [stored] = await Promise.all([
      world.storage.putSignals(items),
      take(world),
      world.storage.requestControl(keysOf(gone).map((key) => ({ ...key, kind: "cancel" }))),
      world.storage.putSignals(waiting.map((uuid) => signal(world, uuid, "c"))),
    ]);
    for (const [index, outcome] of stored.entries()) {
      if (outcome.kind === "ok") continue;
      expect(outcome).toMatchObject({ code: "run_ended" });
      expect(gone).toContain(present(items[index]).uuid);
    }
    await take(world);
    const claimed = await world.claimDue();
    expect(claimed.map(({ uuid }) => uuid).sort()).toEqual(waiting.filter((uuid) => !gone.includes(uuid)).sort());
    for (const { inbox } of claimed) {
      expect(inbox.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(inbox.filter(({ name }) => name !== "c").map(({ name }) => name)).toEqual(["a", "b"]);
    }
    for (const uuid of gone) expect(await kept(world, uuid)).toEqual([]);
  });
}
