/** Runs that others start are made by the options of their workflow, and take turns, as triggered ones do. */
import { expect } from "bun:test";
import { ON_FAILURE } from "../../../src/schemas/runs/child.ts";
import type { ClaimedRun, NewChild, Progress, RunRecord, Saved, Turn } from "../../../src/storage/port.ts";
import { type Check, entriesText, granted, NAMESPACE, only, present, progress, uuidsOf, type World } from "./kit.ts";

const END = { kind: "end", status: "failed", error: "no", stepResults: "{}" } as const;
const WAIT = { kind: "due", dueAt: null } as const;
const OPTIONS = { text: '{"tags":["a"]}', preparesRuns: true };
const TURN: Turn = { line: "x", most: 1, onLimit: "queue", rate: null };
const FAULTS = [{ loc: ["payload", "n"], msg: "Field required", type: "missing" }];

const child = (workflow: string, fields: Partial<NewChild> = {}): NewChild => ({
  ...{ uuid: null, path: "0", workflow, version: null, payload: '{"n": 1}' },
  ...{ isAwaited: true, isCancelled: true },
  ...fields,
});
const keyOf = ({ uuid }: { uuid: string }) => ({ namespace: NAMESPACE, uuid });
const cancel = (run: { uuid: string }) => ({ ...keyOf(run), kind: "cancel" }) as const;
const take = (world: World, ...ended: { uuid: string }[]) => world.storage.takeTurns(ended.map(keyOf));

/** The runs of a workflow, the first of them first. */
async function runsOf(world: World, workflow: string): Promise<RunRecord[]> {
  const all = await world.storage.listRuns({ namespace: NAMESPACE, limit: 1000, order: "desc", after: null });
  return all.filter(({ workflowUuid }) => workflowUuid === workflow).toReversed();
}

async function toldTo(world: World, { uuid }: { uuid: string }): Promise<[path: string, said: unknown][]> {
  const rows = present(only(await world.storage.findInbox([{ uuid, after: 0 }])));
  return rows.map(({ name, body }) => [name, JSON.parse(body)]);
}

/** A held run that is to start others. */
async function starting(world: World, children: NewChild[], fields: Partial<Progress> = {}) {
  const run = await world.held();
  const write = progress(run, { entries: entriesText("0"), children, next: WAIT, ...fields });
  return { run, write };
}

/** Stores a workflow whose runs take turns, and gives a child of it. */
async function lined(world: World): Promise<{ workflow: string; inLine(fields?: Partial<NewChild>): NewChild }> {
  const workflow = await world.workflow({ options: OPTIONS });
  const preparedFor = { workflowUuid: workflow, version: 1 };
  return { workflow, inLine: (fields = {}) => child(workflow, { preparedFor, turn: TURN, ...fields }) };
}

async function starts(world: World, children: NewChild[]): Promise<ClaimedRun> {
  const { run, write } = await starting(world, children);
  granted(await world.save(write));
  return run;
}

export function madeChildContract(check: Check): void {
  for (const end of [false, true]) {
    check(
      `children that were made by no version or another are not stored, nor is the ${end ? "end" : "progress"}`,
      async (world) => {
        const workflow = await world.workflow({ id: "made", options: OPTIONS });
        const plain = await world.workflow();
        const other = { workflowUuid: plain, version: 1 };
        const path = end ? ON_FAILURE : "0";
        const children = [child("made", { path, isAwaited: !end })];
        if (!end) children.push(child(workflow, { path: "1", preparedFor: other }), child(plain, { path: "2" }));
        const { run, write } = await starting(world, children, end ? { next: END } : {});
        const saved: Saved = await world.save(write);
        const version = { workflowUuid: workflow, version: 1 };
        if (saved.kind !== "unprepared") throw new Error(`it is ${saved.kind}`);
        const paths = end ? [ON_FAILURE] : ["0", "1"];
        expect(saved.children.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
          paths.map((path) => ({ path, ...version })),
        );
        expect(await runsOf(world, workflow)).toEqual([]);
        expect(await runsOf(world, plain)).toEqual([]);
        expect(await world.find(run.uuid)).toMatchObject({ status: "running", log: "[]" });

        const made = children.map((one) => ({ ...one, preparedFor: version, tags: '["a"]', payload: '{"n": 2}' }));
        granted(await world.save({ ...write, children: made.slice(0, paths.length) }));
        const stored = await runsOf(world, workflow);
        expect(stored.map(({ payload, tags }) => [JSON.parse(payload), JSON.parse(tags ?? "")])).toEqual(
          paths.map(() => [{ n: 2 }, ["a"]]),
        );
        // Repeated it starts nothing more, whatever the workflow has become.
        const change = {
          namespace: NAMESPACE,
          reference: workflow,
          id: undefined,
          name: "n",
          description: null,
          steps: "[]",
        };
        await world.storage.updateWorkflows([change]);
        await world.save({ ...write, children: made.slice(0, paths.length) });
        expect(await runsOf(world, workflow)).toEqual(stored);
      },
    );
  }

  check("a version that its step names has to be named, where that has options", async (world) => {
    const workflow = await world.workflow({ options: OPTIONS });
    const change = {
      namespace: NAMESPACE,
      reference: workflow,
      id: undefined,
      name: "n",
      description: null,
      steps: "[]",
    };
    await world.storage.updateWorkflows([change]);
    const { write } = await starting(world, [child(workflow, { version: 1 })]);
    expect(await world.save(write)).toEqual({
      kind: "unprepared",
      children: [{ path: "0", workflowUuid: workflow, version: 1 }],
    });
    await starts(world, [child(workflow, { version: 1, preparedFor: { workflowUuid: workflow, version: 1 } })]);
    await starts(world, [child(workflow, { version: 2 }), child(workflow, { path: "1" })]);
    expect((await runsOf(world, workflow)).map(({ workflowVersion }) => workflowVersion)).toEqual([1, 2, 2]);
  });

  check("one whose payload does not fit is refused by its version alone, and its parent is told why", async (world) => {
    const workflow = await world.workflow({ options: OPTIONS });
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const run = await starts(world, [child(workflow, { preparedFor, faults: FAULTS })]);
    expect(await toldTo(world, run)).toEqual([["0", { refused: "invalid_input", workflow, faults: FAULTS }]]);
    const late = { workflowUuid: workflow, version: 2 };
    const { write } = await starting(world, [child(workflow, { preparedFor: late, faults: FAULTS })]);
    expect((await world.save(write)).kind).toBe("unprepared");
    expect(await runsOf(world, workflow)).toEqual([]);
  });

  check("why a failure starts no run is said with its end", async (world) => {
    const workflow = await world.workflow({ options: OPTIONS });
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const onFailure = { path: ON_FAILURE, isAwaited: false, isCancelled: false };
    const ends = async (one: NewChild) => world.save((await starting(world, [one], { next: END })).write);
    expect(await ends(child(workflow, { ...onFailure, preparedFor, faults: FAULTS }))).toEqual({
      kind: "ok",
      value: "invalid_input",
    });
    expect(await ends(child("nowhere", onFailure))).toEqual({ kind: "ok", value: "workflow_not_found" });
    expect(await ends(child(workflow, { ...onFailure, preparedFor }))).toEqual({ kind: "ok", value: null });
    expect((await runsOf(world, workflow)).length).toBe(1);
  });

  check("one in a line waits for its turn, and its end is told", async (world) => {
    const { workflow, inLine } = await lined(world);
    const parent = await starts(world, [inLine(), inLine({ path: "1", isAwaited: false, isCancelled: false })]);
    const [first, second] = (await runsOf(world, workflow)).map(present);
    expect(await world.claimByMessage(uuidsOf([present(first), present(second)]))).toEqual([]);
    const awaited = [{ path: "0", uuid: present(first).uuid }];
    expect(await world.storage.findAwaited([parent.uuid, present(first).uuid])).toEqual([awaited, []]);
    expect(await toldTo(world, parent)).toEqual([["1", { run_id: second?.uuid }]]);
    expect((await take(world)).begun).toEqual([keyOf(present(first))]);
    const claimed = await world.claimDue();
    const own = present(claimed.find(({ uuid }) => uuid === first?.uuid));
    expect(await world.storage.findAwaited([parent.uuid])).toEqual([awaited]);
    expect(own).toMatchObject({ parentUuid: parent.uuid, isCancelled: false });
    expect((await take(world)).begun).toEqual([]);
    granted(await world.save(progress(own, { next: { ...END, status: "success", error: null } })));
    expect((await toldTo(world, parent)).map(([path]) => path)).toEqual(["1", "0"]);
    expect(await world.storage.findAwaited([parent.uuid])).toEqual([[]]);
    expect((await take(world, own)).begun).toEqual([keyOf(present(second))]);
    expect(only(await world.claimDue())).toMatchObject({ uuid: second?.uuid, parentUuid: null });
  });

  check("with reject one too many is refused, those of one write counted", async (world) => {
    const { workflow, inLine } = await lined(world);
    const turn: Turn = { ...TURN, most: 2, onLimit: "reject" };
    const parent = await starts(
      world,
      ["0", "1", "2"].map((path) => inLine({ path, turn })),
    );
    expect((await runsOf(world, workflow)).length).toBe(2);
    const [[path, said] = []] = await toldTo(world, parent);
    expect(["0", "1", "2"]).toContain(path ?? "");
    expect(said).toEqual({ refused: "concurrency_limit", workflow, most: 2 });
    const other = await starts(world, [inLine({ turn }), inLine({ path: "1", turn: { ...turn, line: "y" } })]);
    expect((await toldTo(world, other)).map(([at]) => at)).toEqual(["0"]);
  });

  check(
    "one that waits for its turn and that nobody waits for any more is cancelled, and takes none",
    async (world) => {
      const { workflow, inLine } = await lined(world);
      const parent = await starts(
        world,
        ["0", "1", "2", "3"].map((path) => inLine({ path, isCancelled: path !== "3" })),
      );
      const [first, second, third, fourth] = await runsOf(world, workflow);
      await take(world);
      const running = only(await world.claimDue());
      expect(running.uuid).toBe(present(first).uuid);
      // By its own request: its parent is told.
      granted(only(await world.storage.requestControl([cancel(present(second))])));
      expect(await toldTo(world, parent)).toEqual([
        ["1", { run_id: second?.uuid, status: "cancelled", output: null, error: null }],
      ]);
      const again = only(await world.claimDue());
      expect(again.uuid).toBe(parent.uuid);
      const left = { heard: 1, taken: [1], left: ["2"], entries: entriesText("1"), next: WAIT };
      granted(await world.save(progress({ ...again, logLength: 1 }, left)));
      expect(only(await world.claimDue())).toMatchObject({
        uuid: third?.uuid,
        isCancelled: true,
        parentUuid: parent.uuid,
      });
      granted(await world.save(progress(running, { next: END })));
      expect((await take(world, running)).begun).toEqual([keyOf(present(fourth))]);
    },
  );

  check("one that waits for its turn and is cancelled at once with its parent tells it of its end", async (world) => {
    const { workflow, inLine } = await lined(world);
    const parent = await starts(world, [inLine()]);
    const [first] = await runsOf(world, workflow);
    const asked = [cancel(parent), cancel(present(first))];
    expect((await world.storage.requestControl(asked)).map(granted)).toEqual(["requested", "cancelled"]);
    expect(await toldTo(world, parent)).toEqual([
      ["0", { run_id: first?.uuid, status: "cancelled", output: null, error: null }],
    ]);
    expect(only(await world.claimDue())).toMatchObject({ uuid: parent.uuid, isCancelled: true, inbox: [{ seq: 1 }] });
  });

  check("those that wait for their turn are cancelled with their parent, unless they are left alone", async (world) => {
    const { workflow, inLine } = await lined(world);
    const parent = await starts(
      world,
      ["0", "1"].map((path) => inLine({ path, isCancelled: path === "0" })),
    );
    const [first, second] = await runsOf(world, workflow);
    granted(only(await world.storage.requestControl([cancel(parent)])));
    const ending = only(await world.claimDue());
    expect(ending).toMatchObject({ uuid: parent.uuid, isCancelled: true });
    granted(await world.save(progress(ending, { next: { ...END, status: "cancelled" } })));
    expect(only(await world.claimDue())).toMatchObject({ uuid: first?.uuid, isCancelled: true });
    expect((await take(world)).begun).toEqual([keyOf(present(second))]);
  });
}
