/** Looks for runs: what they find is what a list of all runs has that fits. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { Order } from "../../../src/schemas/lists/page.ts";
import type { RunFilter } from "../../../src/schemas/lists/run-query.ts";
import type { NewRun, RunRecord, RunSummary } from "../../../src/storage/port.ts";
import { type Check, granted, NAMESPACE, only, present, progress, uuidsOf, type World } from "./kit.ts";

const END = { kind: "end", stepResults: "{}" } as const;
const WAIT = { kind: "due", dueAt: null } as const;
/** Letters that mean something to a database, or to JSON. */
const ODD = '\\ "\n{,}\\n 𝄞';
const TURN = { line: "a", most: 1, onLimit: "queue", rate: null } as const;

interface Filled {
  first: string;
  second: string;
  parent: string;
  /** Was tried again twice. */
  failed: string;
  /** A moment with runs before and behind it. */
  middle: number;
}

/** Stores a run under an id of the storage, and gives the id. */
async function add(world: World, workflow: string, fields: Partial<NewRun> = {}): Promise<string> {
  await world.pass(2);
  return granted(only(await world.storage.insertRuns([{ ...world.newRun(workflow, fields), uuid: null }]))).uuid;
}

async function end(world: World, uuid: string, status: "success" | "failed", error: string | null = null) {
  const run = only(await world.claimByMessage([uuid]));
  granted(await world.save(progress(run, { next: { ...END, status, error } })));
}

const cancelled = (world: World, uuid: string) =>
  world.storage.requestControl([{ namespace: NAMESPACE, uuid, kind: "cancel" }]);

/** Some runs of each kind. */
async function filled(world: World): Promise<Filled> {
  const options = { text: '{"concurrency":{"limit":1}}', preparesRuns: true };
  const first = await world.workflow({ id: "first", name: "the first" });
  const second = await world.workflow({ id: "second" });
  const lined = await world.workflow({ id: "lined", options });
  await add(world, await world.workflow({ namespace: "theirs" }), { namespace: "theirs" });
  const failed = await add(world, first);
  await end(world, failed, "failed", "Not yet");
  for (const workflow of [first, second]) {
    await end(world, await add(world, workflow), "success");
    await end(world, await add(world, workflow, { tags: '["a","b"]' }), "failed", 'Step "x" failed: TIMEOUT of 100%');
    await end(
      world,
      await add(world, workflow, { tags: JSON.stringify(["b", ODD]) }),
      "failed",
      `Another error_1 ${ODD}`,
    );
    await cancelled(world, await add(world, workflow));
    await add(world, workflow, { tags: '["a"]' });
    await world.claimByMessage([await add(world, workflow)]);
  }
  const change = {
    namespace: NAMESPACE,
    reference: second,
    id: undefined,
    name: "new",
    description: null,
    steps: "[]",
  };
  granted(only(await world.storage.updateWorkflows([change])));
  await world.pass(5);
  const middle = Math.round(world.now());
  await world.pass(5);
  const parent = await add(world, second);
  const held = only(await world.claimByMessage([parent]));
  const child = {
    ...{ uuid: null, workflow: first, version: null, payload: "{}" },
    isAwaited: true,
    isCancelled: true,
  };
  const children = [
    { ...child, path: "0" },
    { ...child, path: "1" },
  ];
  const entries =
    '[["0",{"step_name":"a","status":"running","started_at":null,"completed_at":null,"output":null,"error":null},null]]';
  granted(await world.save(progress(held, { entries, children, next: WAIT })));
  for (const preparedFor of [0, 1].map(() => ({ workflowUuid: lined, version: 1 }))) {
    await add(world, lined, { preparedFor, turn: TURN });
  }
  for (let n = 0; n < 2; n++) {
    await world.pass(2);
    const again = { namespace: NAMESPACE, workflowUuid: first, version: 1, depth: 0, retryOf: failed };
    granted(
      only(await world.storage.insertRetries([{ ...again, uuid: null, payload: "{}", traceparent: null, log: "[]" }])),
    );
  }
  return { first, second, parent, failed, middle };
}

/** Whether a run fits, as a list of all runs shows it. */
function fits(run: RunRecord, filter: RunFilter): boolean {
  const {
    statuses,
    uuids,
    workflowUuid,
    version,
    tag,
    parentRunId,
    rootRunId,
    retryOf,
    createdFrom,
    createdTo,
    error,
  } = filter;
  const tags: string[] = JSON.parse(run.tags ?? "[]");
  return (
    (statuses?.includes(run.status) ?? true) &&
    (uuids?.includes(run.uuid) ?? true) &&
    run.retryOf === (retryOf ?? run.retryOf) &&
    run.workflowUuid === (workflowUuid ?? run.workflowUuid) &&
    run.workflowVersion === (version ?? run.workflowVersion) &&
    (tag === undefined || tags.includes(tag)) &&
    run.parentRunId === (parentRunId ?? run.parentRunId) &&
    run.rootRunId === (rootRunId ?? run.rootRunId) &&
    run.createdAt >= (createdFrom ?? 0) &&
    run.createdAt < (createdTo ?? Number.POSITIVE_INFINITY) &&
    (error === undefined || (run.error ?? "").toLowerCase().includes(error.toLowerCase()))
  );
}

/** All that looks find, one after the other. */
async function found(
  world: World,
  filter: RunFilter,
  order: Order,
  limit: number,
  most: number,
): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  for (let after: string | null = null; ; ) {
    const looked = await world.storage.lookForRuns({ namespace: NAMESPACE, filter, order, after, limit, most });
    expect(looked.runs.length).toBeLessThanOrEqual(Math.min(limit, most));
    runs.push(...looked.runs);
    if (looked.lookedTo === null) return runs;
    after = looked.lookedTo;
  }
}

const all = (world: World) => world.storage.listRuns({ namespace: NAMESPACE, limit: 1000, order: "desc", after: null });

export function findingContract(check: Check): void {
  check("every filter finds what fits, in both orders, whatever a look is limited to", async (world) => {
    const { first, second, parent, failed, middle } = await filled(world);
    // An ascending look leaves out the last two seconds.
    await world.pass(2100);
    const runs = await all(world);
    const some = uuidsOf(runs.filter((_, index) => index % 3 === 1)).toSorted();
    const filters: RunFilter[] = [
      {},
      ...(["pending", "running", "success", "failed", "paused", "cancelled"] as const).map((one) => ({
        statuses: [one],
      })),
      { statuses: ["failed", "running"] },
      { statuses: ["cancelled", "failed", "paused", "pending", "running"] },
      { statuses: ["success", "failed"], workflowUuid: second },
      { workflowUuid: first },
      { workflowUuid: first, statuses: ["failed"] },
      { workflowUuid: second, version: 2 },
      { tag: "a" },
      { tag: "b", statuses: ["failed"], workflowUuid: first },
      { tag: 'a"b' },
      { parentRunId: parent },
      { rootRunId: parent, statuses: ["pending"] },
      { parentRunId: first },
      { retryOf: failed },
      { retryOf: failed, statuses: ["success"] },
      { uuids: some },
      { uuids: some, statuses: ["failed"] },
      { uuids: [...some.slice(0, 1), newId(world.now())], createdTo: world.now() },
      { createdFrom: middle },
      { createdTo: middle },
      { createdFrom: runs[3]?.createdAt ?? 0, createdTo: middle + 60_000 },
      { error: "timeout" },
      { error: "100%" },
      { error: "error_" },
      { error: "r_r" },
      { error: ODD },
      { tag: ODD },
      { error: "another", statuses: ["success", "failed"] },
      { error: "Another", statuses: ["pending"] },
    ];
    for (const filter of filters) {
      const wanted = uuidsOf(runs.filter((run) => fits(run, filter)));
      for (const [order, limit, most] of [
        ["desc", 100, 100],
        ["desc", 3, 4],
        ["asc", 2, 5],
      ] as const) {
        const where = JSON.stringify({ filter, order, limit, most });
        const inOrder = order === "desc" ? wanted : wanted.toReversed();
        expect([where, ...uuidsOf(await found(world, filter, order, limit, most))]).toEqual([where, ...inOrder]);
      }
    }
    // All kinds are there, so that no filter finds nothing for want of runs.
    expect(new Set(runs.map(({ status }) => status)).size).toBe(5);
    expect(runs.filter((run) => fits(run, { parentRunId: parent })).length).toBe(2);
    expect(runs.filter((run) => fits(run, { createdFrom: middle })).length).toBe(7);
    expect(runs.filter((run) => fits(run, { retryOf: failed })).length).toBe(2);
  });

  check("a summary says what the run says", async (world) => {
    const { parent, first } = await filled(world);
    const runs = new Map((await all(world)).map((run) => [run.uuid, run]));
    for (const summary of await found(world, {}, "desc", 100, 100)) {
      const run = present(runs.get(summary.uuid));
      const { uuid, workflowUuid, workflowVersion, status, createdAt, startedAt, completedAt, error } = run;
      const { parentRunId, rootRunId } = run;
      const known = { uuid, workflowUuid, workflowVersion, status, createdAt, startedAt, completedAt, error };
      expect(summary).toMatchObject({ ...known, parentRunId, rootRunId, wakeAt: null });
    }
    const [child] = await found(world, { parentRunId: parent }, "desc", 1, 1);
    expect(child).toMatchObject({ workflowUuid: first, workflowId: "first", workflowName: "the first" });
  });

  check("of a run that sleeps it says until when, of a long error the beginning", async (world) => {
    const [asleep, failed] = [await world.held(), await world.held()];
    const dueAt = Math.round(world.now()) + 60_000;
    granted(await world.save(progress(asleep, { next: { kind: "due", dueAt } })));
    granted(await world.save(progress(failed, { next: { ...END, status: "failed", error: "é".repeat(1000) } })));
    const runs = await found(world, { statuses: ["running", "failed"] }, "asc", 10, 10);
    await world.pass(2100);
    expect(runs).toEqual([]);
    const settled = await found(world, { statuses: ["running", "failed"] }, "asc", 10, 10);
    expect(settled.map(({ wakeAt, error }) => ({ wakeAt, error }))).toEqual([
      { wakeAt: dueAt, error: null },
      { wakeAt: null, error: "é".repeat(250) },
    ]);
  });

  check(
    "runs with a step that waited for a signal are told from others, in any order of their statuses",
    async (world) => {
      const [waits, sleeps] = [await world.held(), await world.held()];
      await world.held();
      const entryOf = (details: string) =>
        `[["0",{"step_name":"a","status":"running","started_at":null,"completed_at":null,"output":null,"error":null${details}},null]]`;
      const waiting = entryOf(',"details":{"signals":["go"]}');
      granted(await world.save(progress(waits, { entries: waiting, next: WAIT })));
      granted(await world.save(progress(sleeps, { entries: entryOf(""), next: WAIT })));
      await world.pass(2100);
      const filter: RunFilter = { statuses: ["paused", "running"], hasWaited: true };
      for (const order of ["asc", "desc"] as const)
        expect(uuidsOf(await found(world, filter, order, 10, 10))).toEqual([waits.uuid]);
      await world.storage.requestControl([{ namespace: NAMESPACE, uuid: waits.uuid, kind: "pause" }]);
      expect(uuidsOf(await found(world, filter, "asc", 1, 1))).toEqual([waits.uuid]);
      await cancelled(world, waits.uuid);
      expect(await found(world, { hasWaited: true, statuses: ["running"] }, "asc", 10, 10)).toEqual([]);
    },
  );

  check("a look ends where it has looked at as many as it may, and says where", async (world) => {
    const uuids = await world.runs(10);
    const look = { namespace: NAMESPACE, filter: { tag: "rare" }, order: "desc", limit: 5 } as const;
    const sorted = uuids.toSorted().toReversed();
    const at = (after: string | null, most: number) => world.storage.lookForRuns({ ...look, after, most });
    expect(await at(null, 4)).toEqual({ runs: [], lookedTo: present(sorted[3]) });
    expect(await at(present(sorted[3]), 4)).toEqual({ runs: [], lookedTo: present(sorted[7]) });
    expect(await at(present(sorted[7]), 4)).toEqual({ runs: [], lookedTo: null });
  });
}
