/** What the parts of the storage contract share: a storage with its time, and things to put into it. */
import { test } from "bun:test";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { newId } from "../../../src/ids.ts";
import type { LogEntry } from "../../../src/schemas/log/log.ts";
import type { RunKey } from "../../../src/schemas/runs/run.ts";
import type {
  ClaimedRun,
  ClaimMark,
  Held,
  NewRun,
  NewSignal,
  NewWorkflow,
  Outcome,
  Progress,
  RunRecord,
  Saved,
  Storage,
} from "../../../src/storage/port.ts";

export interface StorageAdapter {
  /** An empty storage that goes by this clock, where it can take one. */
  open(clock: Clock): Promise<Storage>;
  /** Called once a test is over with its storage, which is closed where this is left out. */
  close?(): Promise<void>;
  /** False when it goes by the system's time whatever it is given; then the suite waits for real. */
  takesClock: boolean;
}

export const NAMESPACE = "default";
export const MINUTE = 60_000;
export const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/** Bytes that no claim of a test comes near. */
export const ROOM = 64 * 1024 * 1024;
/** Shorter than any wait of `World.pass`. */
export const SHORT_LEASE = 20;

/** A test of the contract: a name and what is to hold in a new, empty storage. */
export type Check = (name: string, body: (world: World) => Promise<void>) => void;

export function checksOf(adapter: StorageAdapter): Check {
  return (name, body) => {
    test(name, async () => {
      const world = await World.open(adapter);
      const [held] = await Promise.allSettled([body(world)]);
      const [closed] = await Promise.allSettled([
        adapter.close === undefined ? world.storage.close() : adapter.close(),
      ]);
      // What did not hold says more than what the cleaning met because of it.
      for (const outcome of [held, closed]) if (outcome.status === "rejected") throw outcome.reason;
    });
  };
}

/** A storage, the time that it goes by, and short ways to fill it. */
export class World {
  readonly storage: Storage;
  readonly now: () => number;
  /** False where time passes for real. */
  readonly takesClock: boolean;
  /** Lets so many milliseconds pass. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** The worker of each claimed run, by its uuid and token. */
  readonly #workers = new Map<string, string>();

  private constructor(
    storage: Storage,
    now: () => number,
    pass: (milliseconds: number) => Promise<void>,
    takesClock: boolean,
  ) {
    this.storage = storage;
    this.takesClock = takesClock;
    this.now = now;
    this.pass = pass;
  }

  static async open(adapter: StorageAdapter): Promise<World> {
    if (!adapter.takesClock) return new World(await adapter.open(systemClock), Date.now, Bun.sleep, false);
    let time = Date.UTC(2030, 0, 1);
    const clock: Clock = { ...systemClock, now: () => time, monotonic: () => time };
    const pass = async (milliseconds: number) => {
      time += milliseconds;
    };
    return new World(await adapter.open(clock), clock.now, pass, true);
  }

  newWorkflow(fields: Partial<NewWorkflow> = {}): NewWorkflow {
    const uuid = newId(this.now());
    return { uuid, namespace: NAMESPACE, id: null, name: "a workflow", description: null, steps: "[]", ...fields };
  }

  /** Stores a workflow and returns its uuid. */
  async workflow(fields: Partial<NewWorkflow> = {}): Promise<string> {
    const item = this.newWorkflow(fields);
    granted(only(await this.storage.insertWorkflows([item])));
    return item.uuid;
  }

  newRun(workflow: string, fields: Partial<NewRun> = {}): NewRun {
    const uuid = newId(this.now());
    return {
      uuid,
      namespace: NAMESPACE,
      workflow,
      payload: "{}",
      depth: 0,
      traceparent: null,
      graceMilliseconds: 0,
      claim: null,
      progress: null,
      ...fields,
    };
  }

  /** Stores runs of a workflow of their own and returns their uuids in order. */
  async runs(count: number, fields: Partial<NewRun> = {}): Promise<string[]> {
    const workflow = await this.workflow();
    const items = Array.from({ length: count }, () => this.newRun(workflow, fields));
    for (const outcome of await this.storage.insertRuns(items)) granted(outcome);
    return items.map(({ uuid }) => uuid);
  }

  async run(fields: Partial<NewRun> = {}): Promise<string> {
    return only(await this.runs(1, fields));
  }

  /** What marks a claim of a new worker, whose lease lasts a minute. */
  async mark(): Promise<ClaimMark> {
    const worker = newId(this.now());
    await this.storage.startLease({ worker, leaseMilliseconds: MINUTE });
    return { claimId: newId(this.now()), worker };
  }

  async claimByMessage(uuids: string[], leaseMilliseconds = MINUTE, maxBytes = ROOM): Promise<ClaimedRun[]> {
    const mark = await this.mark();
    return this.#claimed(
      mark,
      leaseMilliseconds,
      await this.storage.claimByMessage({ ...mark, runs: keysOf(uuids), maxBytes }),
    );
  }

  async claimDue(
    limit = 1000,
    maxBytes = ROOM,
    leaseMilliseconds = MINUTE,
    patienceMilliseconds = 0,
  ): Promise<ClaimedRun[]> {
    const mark = await this.mark();
    const limits = { limit, maxBytes, patienceMilliseconds };
    return this.#claimed(mark, leaseMilliseconds, await this.storage.claimDue({ ...mark, ...limits }));
  }

  async #claimed({ worker }: ClaimMark, leaseMilliseconds: number, runs: ClaimedRun[]): Promise<ClaimedRun[]> {
    for (const { uuid, token } of runs) this.#workers.set(`${uuid} ${token}`, worker);
    // Only now, or a short lease might be over before the claim.
    if (leaseMilliseconds !== MINUTE) granted(await this.storage.renewLease({ worker, leaseMilliseconds }));
    return runs;
  }

  /** Ends the lease of a worker. */
  async endLease({ worker }: ClaimMark): Promise<void> {
    granted(await this.storage.renewLease({ worker, leaseMilliseconds: SHORT_LEASE }));
    await this.pass(SHORT_LEASE * 2);
  }

  /** Renews the lease of the worker that claimed a run. */
  renew({ uuid, token }: Held, leaseMilliseconds: number): Promise<Outcome<null>> {
    return this.storage.renewLease({ worker: present(this.#workers.get(`${uuid} ${token}`)), leaseMilliseconds });
  }

  /** A new run that is held. */
  async held(fields: Partial<NewRun> = {}, leaseMilliseconds = MINUTE): Promise<ClaimedRun> {
    return only(await this.claimByMessage([await this.run(fields)], leaseMilliseconds));
  }

  async save(item: Progress): Promise<Saved> {
    return only(await this.storage.saveProgress([item]));
  }

  /** A new run that another worker took over: what its first holder has is an old token. */
  async takenOver(): Promise<{ old: ClaimedRun; current: ClaimedRun }> {
    const old = await this.held({}, SHORT_LEASE);
    await this.pass(SHORT_LEASE * 2);
    return { old, current: only(await this.claimDue()) };
  }

  findRuns(uuids: string[]): Promise<(RunRecord | null)[]> {
    return this.storage.findRuns(keysOf(uuids));
  }

  /** Those of the runs that are stored, in the order of their uuids. */
  async stored(uuids: string[]): Promise<string[]> {
    return uuidsOf(await this.storage.storedRuns(keysOf(uuids))).sort();
  }

  async find(uuid: string): Promise<RunRecord> {
    return present(only(await this.findRuns([uuid])));
  }
}

/** The keys of runs of the usual namespace. */
export function keysOf(uuids: string[]): RunKey[] {
  return uuids.map((uuid) => ({ namespace: NAMESPACE, uuid }));
}

/** A log entry that says no more than its path. */
export function entry(path: string): LogEntry {
  return [
    path,
    { step_name: `step ${path}`, status: "running", started_at: null, completed_at: null, output: null, error: null },
    null,
  ];
}

/** A hold that appends nothing; the fields say what is different. */
export function progress(
  { namespace = NAMESPACE, uuid, token, logLength }: Partial<RunKey> & Pick<ClaimedRun, "uuid" | "token" | "logLength">,
  fields: Partial<Progress> = {},
): Progress {
  return { namespace, uuid, token, seq: logLength, entries: null, crashes: 0, next: { kind: "hold" }, ...fields };
}

export function entriesText(...paths: string[]): string {
  return JSON.stringify(paths.map(entry));
}

/** The paths in a log, in order. */
export function pathsOf({ log }: { log: string }): string[] {
  const entries: LogEntry[] = JSON.parse(log);
  return entries.map(([path]) => path);
}

/** A signal that no step waits for yet; its body names it. */
export const signal = (world: World, uuid: string, name: string, fields: Partial<NewSignal> = {}): NewSignal => ({
  namespace: NAMESPACE,
  uuid,
  id: newId(world.now()),
  name,
  waiting: [],
  body: JSON.stringify({ name }),
  ...fields,
});

export function uuidsOf(rows: { uuid: string }[]): string[] {
  return rows.map(({ uuid }) => uuid);
}

export function granted<Value>(outcome: Outcome<Value> | { kind: "unprepared" }): Value {
  if (outcome.kind !== "ok") throw new Error(`expected ok, got ${JSON.stringify(outcome)}`);
  return outcome.value;
}

/** The one element of a list. */
export function only<Item>(items: Item[]): Item {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`expected one item, got ${items.length}`);
  return item;
}

export function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error("expected a value");
  return value;
}
