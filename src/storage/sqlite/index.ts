import type { Database } from "bun:sqlite";
import { accessSync, constants, mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../clock.ts";
import { lockFolder, openReader, openWriter, reading, type Synchronous } from "../../db/sqlite.ts";
import { messageOf, StartError } from "../../errors.ts";
import { dataFree } from "../../metrics/gauges.ts";
import type { Collector } from "../../metrics/readings.ts";
import { NO_TURNS } from "../port/runs/turns.ts";
import type { Outcome, Storage } from "../port.ts";
import { UNSTORABLE } from "../refusals.ts";
import { BulkActions } from "./bulk/bulk.ts";
import { bulkOf } from "./bulk/port.ts";
import { Claims } from "./claims.ts";
import { type Committer, LocalCommitter, ThreadCommitter } from "./commit.ts";
import { Control } from "./control/index.ts";
import { Definitions } from "./definitions.ts";
import { awaitedBy } from "./family/family.ts";
import { Measure } from "./figures.ts";
import { findCounts } from "./finding/count-reads.ts";
import { hasOldCounts } from "./finding/counts.ts";
import { Durations } from "./finding/durations.ts";
import { historyOf } from "./history.ts";
import { hooksOf } from "./hooks/port.ts";
import { IdsUnderWay, newestId } from "./ids.ts";
import { Inbox } from "./inbox.ts";
import { RequestKeys } from "./inserts/request-keys.ts";
import { namingChildren, namingCreated } from "./naming.ts";
import { readsOf } from "./reads.ts";
import { hasOwnDays } from "./retention.ts";
import { Runs } from "./runs.ts";
import { Schedules } from "./schedules.ts";
import { Turns } from "./turns.ts";
import { UnclaimedRuns } from "./unclaimed.ts";
import { Workers } from "./workers.ts";
import { writeOperations } from "./writes.ts";

/** A database in memory, gone with the process. A simulation passes its own clock and database. */
export function openMemoryStorage(clock: Clock, database: Database = openWriter(":memory:", "NORMAL")): Storage {
  const committer = new LocalCommitter(database, writeOperations(database, clock));
  return sqliteStorage(database, committer, clock, [], async () => {});
}

export interface FileOptions {
  folder: string;
  synchronous: Synchronous;
  /** Called when the writing thread has died: nothing can be stored any more. */
  onDeath(error: unknown): void;
}

/**
 * Opens the database file of a data folder. Runs that an earlier process held are due at once: the folder's lock shows that it
 * is dead.
 *
 * @throws StartError when the folder cannot be written, is in use, or holds a newer database.
 */
export async function openFileStorage({ folder, synchronous, onDeath }: FileOptions): Promise<Storage> {
  prepareFolder(folder);
  const unlock = lockFolder(folder);
  const file = join(folder, "platform.db");
  const committer = await ThreadCommitter.start({ file, synchronous }, onDeath).catch((error: unknown) => {
    unlock();
    throw startError(file, error);
  });
  await committer.write("endLeases", null);
  const reader = openReader(file);
  const disk: Collector = {
    name: "disk",
    async read() {
      const { bavail, bsize } = await statfs(folder);
      return [dataFree.at({}, bavail * bsize)];
    },
  };
  return sqliteStorage(reader, committer, systemClock, [disk], async () => {
    reader.close();
    unlock();
  });
}

/** Errors that leave a thread lose their class: those of the migrations are recognised by their sentences. */
function startError(file: string, error: unknown): StartError {
  const message = messageOf(error);
  if (/newer version|was edited/.test(message)) return new StartError(message);
  return new StartError(`The database ${file} can't be opened (${message}); mend it or set another DATA_DIR`);
}

function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    throw new StartError(`The data folder ${folder} can't be written; set DATA_DIR to one that can`);
  }
}

/** The storage port: reads on `reader`, writes by the committer. `release` is called once it is closed. */
function sqliteStorage(
  reader: Database,
  committer: Committer,
  clock: Clock,
  collectors: readonly Collector[],
  release: () => Promise<void>,
): Storage {
  const definitions = new Definitions(reader, clock);
  const workers = new Workers(reader, clock);
  const inbox = new Inbox(reader, clock);
  const control = new Control(reader, clock, inbox, null);
  const runs = new Runs(reader);
  const claims = new Claims(reader, clock, workers, inbox);
  const unclaimed = new UnclaimedRuns(reader);
  const turns = new Turns(reader, clock);
  const keys = new RequestKeys(reader, clock);
  const durations = new Durations(reader, clock);
  const measure = new Measure(reader, clock);
  const schedules = new Schedules(reader, clock, null);
  const bulk = new BulkActions(reader, clock, null);
  const underWay = new IdsUnderWay(clock, newestId(reader));
  return {
    ...readsOf(reader, { definitions, runs, settled: () => underWay.settled() }),
    schedules: {
      insert: async (item) => onlyOf(await committer.write("insertSchedules", [item])),
      replace: async (item) => onlyOf(await committer.write("replaceSchedules", [item])),
      delete: async (key) => onlyOf(await committer.write("deleteSchedules", [key])),
      find: async (key) => reading(() => schedules.find(key)),
      list: async (page) => reading(() => schedules.list(page)),
      nextDue: async () => reading(() => schedules.nextDue()),
      claimDue: (limit, hold) => committer.write("claimSchedules", { limit, hold }),
      move: (moves) => {
        const unnamed = moves.map((move) => ({ ...move, uuid: null }));
        return underWay.store(unnamed, (named) => committer.write("moveSchedules", named));
      },
    },
    hooks: hooksOf(reader, committer, clock),
    bulk: bulkOf(reader, committer, clock, underWay),
    owedEvents: null,
    breaker: null,
    collectors,
    // The writing thread commits in one group all writes that came during its last commit.
    batchesAtOnce: 4,
    insertWorkflows: (items) => underWay.store(items, (named) => committer.write("insertWorkflows", named)),
    updateWorkflows: (items) => namingCreated(underWay, items, (named) => committer.write("updateWorkflows", named)),
    undeleteWorkflows: (items) => committer.write("undeleteWorkflows", items),
    deleteWorkflows: (items) => committer.write("deleteWorkflows", items),
    findVersions: async (keys) => reading(() => keys.map((key) => definitions.version(key))),
    insertRuns: (items) => underWay.store(items, (named) => committer.write("insertRuns", named)),
    insertRetries: (items) => underWay.store(items, (named) => committer.write("insertRetries", named)),
    endedRuns: async (keys) => reading(() => keys.filter((key) => runs.hasEnded(key))),
    storedRuns: async (keys) => reading(() => keys.filter((key) => runs.isStored(key))),
    findHistory: async (items) => reading(() => items.map((item) => historyOf(reader, item))),
    findCounts: (asked) => findCounts(reader, asked, clock),
    addDurations: async (items) => void (await committer.write("addDurations", items)),
    findDurations: async (asked) => reading(() => durations.find(asked)),
    findFacts: async (keys) => reading(() => keys.map((key) => runs.facts(key))),
    findRequestKeys: async (asked) => reading(() => asked.map((key) => keys.find(key))),
    findUnclaimed: async (keys, maxBytes) => reading(() => unclaimed.find(keys, maxBytes)),
    takeTurns: async (ended) =>
      ended.length === 0 && !turns.isAnyWaiting() ? NO_TURNS : committer.write("takeTurns", ended),
    claimByMessage: (claim) => committer.write("claimByMessage", claim),
    claimDue: (claim) => committer.write("claimDue", claim),
    nextDue: async (patienceMilliseconds) => reading(() => claims.nextDue(patienceMilliseconds)),
    saveProgress: (items) => namingChildren(underWay, items, (named) => committer.write("saveProgress", named)),
    startLease: async (lease) => void (await committer.write("startLease", lease)),
    renewLease: (lease) => committer.write("renewLease", lease),
    listProcesses: async () => reading(() => workers.list()),
    heldBy: async (worker) => reading(() => workers.heldBy(worker)),
    requestControl: (items) => committer.write("requestControl", items),
    findStandings: async (keys) => reading(() => keys.map((key) => control.standingOf(key))),
    controlOf: async (worker) => reading(() => control.of(worker)),
    putSignals: (items) => committer.write("putSignals", items),
    findAwaited: async (uuids) => reading(() => uuids.map((uuid) => awaitedBy(reader, uuid))),
    findInbox: async (items) => reading(() => items.map((item) => inbox.find(item))),
    maintain: async (before, now = null) => {
      if (reading(() => hasOldCounts(reader, clock))) await committer.write("foldCounts", null);
      if (reading(() => durations.areOld)) await committer.write("foldDurations", null);
      if (reading(() => turns.isAnyOver())) await committer.write("forgetTurns", null);
      const more = reading(() => keys.isAnyOld()) && (await committer.write("dropRequestKeys", null));
      if (before === null && (now === null || !reading(() => hasOwnDays(reader)))) return more;
      if (before !== null && reading(() => bulk.isAnyOld(before))) await committer.write("removeBulk", before);
      await committer.quiet();
      return (await committer.write("dropRuns", { before, now })) || more;
    },
    figures: async () => reading(() => measure.figures()),
    check: async () => void reading(() => claims.nextDue(0)),
    recordHealth: async (status) => void (await committer.write("recordHealth", status)),
    close: async () => {
      await committer.close();
      await release();
    },
  };
}

/** The outcome of a batch of one. */
function onlyOf<Value>([outcome]: Outcome<Value>[]): Outcome<Value> {
  return outcome ?? UNSTORABLE;
}
