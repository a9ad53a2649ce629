import { type Database, SQLiteError } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import type { ControlRequest } from "../../schemas/control/control.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import type {
  BulkKey,
  DeletedWorkflow,
  DueClaim,
  DurationCount,
  HookKey,
  MessageClaim,
  NewBulk,
  NewDelivery,
  NewHook,
  NewRetry,
  NewRun,
  NewSchedule,
  NewSignal,
  NewWorkflow,
  Progress,
  Refusal,
  Saved,
  ScheduleChange,
  ScheduleKey,
  WorkerLease,
  WorkflowChange,
  WorkflowKey,
} from "../port.ts";
import { UNSTORABLE, unstorable } from "../refusals.ts";
import { BulkActions, type NamedBulkMove } from "./bulk/bulk.ts";
import { undelete } from "./changes.ts";
import { Claims } from "./claims.ts";
import { Control } from "./control/index.ts";
import { Definitions } from "./definitions.ts";
import { Family } from "./family/family.ts";
import { NewChildren } from "./family/new-children.ts";
import { RunCounter } from "./finding/counts.ts";
import { Durations } from "./finding/durations.ts";
import { Hooks } from "./hooks/hooks.ts";
import { Inbox } from "./inbox.ts";
import { NewRetries } from "./inserts/new-retries.ts";
import { NewRuns } from "./inserts/new-runs.ts";
import { RequestKeys } from "./inserts/request-keys.ts";
import { ProgressWriter } from "./progress.ts";
import { Retention, type RetentionUntil } from "./retention.ts";
import { type NamedMove, Schedules } from "./schedules.ts";
import { Turns } from "./turns.ts";
import { Workers } from "./workers.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Every write of the storage port by name, applied to one connection inside an open transaction. */
export function writeOperations(database: Database, clock: Clock) {
  const definitions = new Definitions(database, clock);
  const inbox = new Inbox(database, clock);
  const counter = new RunCounter(database, clock);
  const durations = new Durations(database, clock);
  const family = new Family(database, clock, inbox);
  const control = new Control(database, clock, inbox, { family, counter });
  const workers = new Workers(database, clock);
  const turns = new Turns(database, clock);
  const retention = new Retention(database);
  const keys = new RequestKeys(database, clock);
  const newRuns = new NewRuns(database, clock, { definitions, workers, turns, keys, counter });
  const newRetries = new NewRetries(database, clock, { turns, counter, keys });
  const insertRetries = (items: NewRetry[]) => each(items, (item) => newRetries.insert(item));
  const requestControl = (items: ControlRequest[]) => each(items, (item) => control.request(item));
  const bulk = new BulkActions(database, clock, { keys, retry: insertRetries, request: requestControl });
  const claims = new Claims(database, clock, workers, inbox);
  const hooks = new Hooks(database, clock);
  const children = new NewChildren(database, clock, { definitions, inbox, turns, counter });
  const progress = new ProgressWriter(database, clock, { inbox, family, children, counter });
  const schedules = new Schedules(database, clock, (run) => newRuns.insert([run], each)[0] ?? UNSTORABLE);
  return {
    insertWorkflows: (items: NewWorkflow[]) => each(items, (item) => definitions.insert(item)),
    updateWorkflows: (items: WorkflowChange[]) => each(items, (item) => definitions.update(item)),
    undeleteWorkflows: (items: DeletedWorkflow[]) => each(items, (item) => undelete(database, item)),
    deleteWorkflows: (items: WorkflowKey[]) => each(items, (item) => definitions.delete(item)),
    insertRuns: (items: NewRun[]) => newRuns.insert(items, each),
    insertRetries,
    takeTurns: (ended: RunKey[]) => turns.take(ended),
    forgetTurns: (_: null) => {
      turns.forget();
      return null;
    },
    dropRequestKeys: (_: null) => keys.drop(),
    claimByMessage: (claim: MessageClaim) => claims.byMessage(claim),
    claimDue: (claim: DueClaim) => claims.due(claim),
    saveProgress: (items: Progress[]): Saved[] => each(items, (item) => progress.save(item)),
    startLease: (lease: WorkerLease) => workers.start(lease),
    renewLease: (lease: WorkerLease) => workers.renew(lease),
    requestControl,
    insertBulk: (item: NewBulk) => bulk.insert(item),
    stopBulk: (key: BulkKey) => bulk.stop(key),
    claimBulk: (holdMilliseconds: number) => bulk.claimDue(holdMilliseconds),
    moveBulk: (move: NamedBulkMove) => bulk.move(move),
    removeBulk: (before: number) => bulk.remove(before),
    insertSchedules: (items: NewSchedule[]) => each(items, (item) => schedules.insert(item)),
    replaceSchedules: (items: ScheduleChange[]) => each(items, (item) => schedules.replace(item)),
    deleteSchedules: (items: ScheduleKey[]) => each(items, (item) => schedules.delete(item)),
    claimSchedules: ({ limit, hold }: { limit: number; hold: number }) => schedules.claim(limit, hold),
    moveSchedules: (items: NamedMove[]) => each(items, (item) => schedules.move(item)),
    insertHooks: (items: NewHook[]) => each(items, (item) => hooks.insert(item)),
    rotateHooks: (items: (HookKey & { tokenHash: string })[]) =>
      each(items, (item) => hooks.rotate(item, item.tokenHash)),
    deleteHooks: (items: HookKey[]) => each(items, (item) => hooks.delete(item)),
    takeDelivery: (delivery: NewDelivery) => hooks.takeDelivery(delivery),
    putSignals: (items: NewSignal[]) =>
      each(items, ({ claim, ...item }) => {
        const stored = inbox.put(item);
        if (claim === undefined || stored.kind !== "ok" || stored.value.isTaken) return stored;
        const claimed = claims.resting(claim, item.uuid);
        return claimed === undefined ? stored : { ...stored, value: { ...stored.value, claimed } };
      }),
    foldCounts: (_: null) => {
      counter.fold();
      return null;
    },
    addDurations: (items: DurationCount[]) => {
      durations.add(items);
      return null;
    },
    foldDurations: (_: null) => {
      durations.fold();
      return null;
    },
    /** The last of each transaction. */
    writeCounts: (_: null) => {
      counter.write();
      return null;
    },
    dropCounts: (_: null) => {
      counter.drop();
      return null;
    },
    dropRuns: (until: RetentionUntil) => retention.drop(until),
    endLeases: (_: null) => workers.endAll(),
    recordHealth: (status: string) => {
      const now = clock.now();
      database.query("insert into health_status (status, timestamp) values (?, ?)").run(status, now);
      database.query("delete from health_status where timestamp < ?").run(now - DAY);
      return null;
    },
  };
}

type Declared = ReturnType<typeof writeOperations>;
export type WriteName = keyof Declared;
export type WriteArgument = { [Name in WriteName]: Parameters<Declared[Name]>[0] };
export type WriteResult = { [Name in WriteName]: ReturnType<Declared[Name]> };
export type WriteOperations = { [Name in WriteName]: (argument: WriteArgument[Name]) => WriteResult[Name] };

/** A write that waits for the next group commit. */
export interface QueuedWrite<Name extends WriteName = WriteName> {
  id: number;
  name: Name;
  argument: WriteArgument[Name];
}

export type WriteReply = { id: number; result: WriteResult[WriteName] } | { id: number; failure: string };

/**
 * Applies queued writes in one transaction: one fsync for all of them. If the transaction fails (a full disk, an I/O
 * error), nothing of it is stored, and every write gets the failure.
 */
export function commitGroup(database: Database, operations: WriteOperations, queued: QueuedWrite[]): WriteReply[] {
  try {
    database.run("begin immediate");
    const replies = queued.map((write) => ({ id: write.id, result: apply(operations, write) }));
    operations.writeCounts(null);
    database.run("commit");
    return replies;
  } catch (error) {
    if (database.inTransaction) database.run("rollback");
    operations.dropCounts(null);
    const failure = messageOf(error);
    return queued.map(({ id }) => ({ id, failure }));
  }
}

function apply<Name extends WriteName>(operations: WriteOperations, write: QueuedWrite<Name>): WriteResult[Name] {
  return operations[write.name](write.argument);
}

/** A statement that fails on its data undoes only itself (SQLite's ABORT), so that its neighbours are written. */
function each<Item, Written>(items: Item[], write: (item: Item) => Written): (Written | Refusal)[] {
  return items.map((item) => {
    try {
      return write(item);
    } catch (error) {
      if (!isDataError(error)) throw error;
      return unstorable(error);
    }
  });
}

function isDataError(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)/.test(error.code ?? "");
}
