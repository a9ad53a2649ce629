import type { Logger } from "pino";
import { type Clock, systemClock } from "../../clock.ts";
import type { PostgresConfig } from "../../config.ts";
import { migrate, openPools, type Pools, startWith } from "../../db/postgres/postgres.ts";
import type { Replica } from "../port/finding/replica.ts";
import type { Storage } from "../port.ts";
import { PostgresBulk, removeBulk } from "./bulk/bulk.ts";
import { Claims } from "./claims/claims.ts";
import { DueLooks } from "./claims/due-looks.ts";
import { Control } from "./control/index.ts";
import { DatabaseClock, databaseTime } from "./database-clock.ts";
import { Definitions } from "./definitions.ts";
import { EventQueue } from "./events.ts";
import { findFacts } from "./facts.ts";
import { findAwaited } from "./family/awaited.ts";
import { figuresOf } from "./figures.ts";
import { findCounts, foldCounts } from "./finding/counts.ts";
import { addDurations, findDurations, foldDurations } from "./finding/durations.ts";
import { recordHealth } from "./health.ts";
import { findHistory } from "./history.ts";
import { PostgresHooks } from "./hooks/hooks.ts";
import { Ids } from "./ids.ts";
import { Inbox } from "./inbox.ts";
import { insertRetries } from "./inserts/new-retries.ts";
import { NewRuns } from "./inserts/new-runs.ts";
import { dropRequestKeys, findRequestKeys } from "./inserts/request-keys.ts";
import { KEPT } from "./kept-statements.ts";
import { Partitions } from "./partitions/partitions.ts";
import { ProgressWriter } from "./progress.ts";
import { readsOf } from "./reads.ts";
import { PostgresReplica } from "./replica.ts";
import { endedRuns, storedRuns } from "./runs.ts";
import { PostgresSchedules } from "./schedules/schedules.ts";
import { StepOrder } from "./step-order.ts";
import { Turns } from "./turns.ts";
import { UnclaimedRuns } from "./unclaimed.ts";
import { Workers } from "./workers.ts";

/** The settings to check when the database can't be used. */
const SETTINGS = "POSTGRES_* or DATABASE_URL";

export interface PostgresOptions extends PostgresConfig {
  /** Whether a broker is owed the completed event of each run that ends. */
  owesEvents: boolean;
  /** Called while the database can't be reached at the start, with the reason. */
  onWait(error: string): void;
  log: Logger;
  /** Whether this process reads the replica that the configuration names. */
  usesReplica?: boolean;
  /** The clock of this machine, from which that of the database is estimated. */
  machine?: Clock;
}

/** The storage, and the clock of its database, which every process uses. */
export interface PostgresParts {
  storage: Storage;
  /** Null where none is used. */
  replica: Replica | null;
  clock: Clock;
}

/**
 * Opens a PostgreSQL database and migrates its tables.
 *
 * @throws StartError when it can't be reached within a minute, or is newer than this program
 */
export async function openPostgresStorage({
  owesEvents,
  onWait,
  log,
  usesReplica = false,
  machine = systemClock,
  ...config
}: PostgresOptions): Promise<PostgresParts> {
  await migrate(config.migrateAddress, KEPT, systemClock, onWait);
  const pools = await openPools(config, systemClock, log);
  await startWith(SETTINGS, systemClock, onWait, () => pools.open());
  const partitions = new Partitions(pools.writes);
  await startWith(SETTINGS, systemClock, onWait, () => partitions.make());
  const clock = new DatabaseClock({ ask: () => databaseTime(pools.writes), machine, log });
  await startWith(SETTINGS, systemClock, onWait, () => clock.start());
  const ids = await startWith(SETTINGS, systemClock, onWait, () => Ids.open(pools, clock));
  const definitions = new Definitions(pools.writes, ids);
  const order = new StepOrder(definitions);
  const storage = postgresStorage(pools, { ids, partitions, clock, definitions, order }, owesEvents);
  const address = usesReplica ? config.replicaAddress : null;
  const replica =
    address === null
      ? null
      : PostgresReplica.open({ address, config, primary: pools, clock: systemClock, log }, (pool, settled) =>
          readsOf(pool, order, settled),
        );
  return { storage, replica, clock };
}

interface StorageParts {
  ids: Ids;
  partitions: Partitions;
  clock: DatabaseClock;
  definitions: Definitions;
  order: StepOrder;
}

/** The storage port on these pools. */
function postgresStorage(
  pools: Pools,
  { ids, partitions, clock, definitions, order }: StorageParts,
  owesEvents: boolean,
): Storage {
  const { writes, reads, breaker, collector } = pools;
  const newRuns = new NewRuns(writes, ids, clock, owesEvents);
  const unclaimed = new UnclaimedRuns(writes);
  const looks = new DueLooks(writes, clock);
  const inbox = new Inbox(writes);
  const claims = new Claims(writes, looks, inbox);
  const workers = new Workers(writes);
  const control = new Control(writes, owesEvents);
  const turns = new Turns(writes, clock);
  const progress = new ProgressWriter(writes, clock, ids, owesEvents);
  return {
    ...readsOf(reads, order, () => ids.settled()),
    schedules: new PostgresSchedules(writes, ids, clock, owesEvents),
    hooks: new PostgresHooks(writes),
    bulk: new PostgresBulk(writes, ids, owesEvents),
    owedEvents: owesEvents ? new EventQueue(writes) : null,
    breaker,
    collectors: [collector],
    // Each statement is planned, sent and committed, so that large batches cost less a row.
    batchesAtOnce: 1,
    insertWorkflows: (items) => definitions.insert(items),
    updateWorkflows: (items) => definitions.update(items),
    undeleteWorkflows: (items) => definitions.undelete(items),
    deleteWorkflows: (items) => definitions.delete(items),
    findVersions: (keys) => definitions.versions(keys),
    insertRuns: (items) => newRuns.insert(items),
    endedRuns: (keys) => endedRuns(reads, keys),
    insertRetries: (items) => insertRetries(writes, ids, items),
    storedRuns: (keys) => storedRuns(writes, keys),
    takeTurns: (ended) => turns.take(ended),
    findHistory: (items) => findHistory(reads, items),
    findFacts: (keys) => findFacts(writes, keys),
    findRequestKeys: (keys) => findRequestKeys(writes, keys),
    findUnclaimed: (keys, maxBytes) => unclaimed.find(keys, maxBytes),
    claimByMessage: (claim) => claims.byMessage(claim),
    claimDue: (claim) => claims.due(claim),
    nextDue: (patienceMilliseconds) => looks.next(patienceMilliseconds),
    saveProgress: (items) => progress.save(items),
    startLease: (lease) => workers.start(lease),
    renewLease: (lease) => workers.renew(lease),
    listProcesses: () => workers.list(),
    heldBy: (worker) => workers.heldBy(worker),
    requestControl: (items) => control.request(items),
    findStandings: (keys) => control.standings(keys),
    controlOf: (worker) => control.of(worker),
    putSignals: (items) => inbox.put(items),
    findAwaited: (uuids) => findAwaited(reads, uuids),
    findInbox: (items) => inbox.find(items),
    maintain: async (before, now = null) => {
      if (before !== null && (await partitions.drop(before))) return true;
      if (now !== null && (await partitions.dropByWorkflow(now))) return true;
      if (before !== null) await removeBulk(writes, before);
      const at = clock.now();
      const folds = [foldCounts(writes, at), foldDurations(writes, at)];
      const drops = Promise.all([dropRequestKeys(writes), turns.forget()]);
      const [more] = await Promise.all([drops, partitions.make(), ...folds]);
      return more.includes(true);
    },
    findCounts: (asked) => findCounts(reads, asked),
    addDurations: (items) => addDurations(writes, items),
    findDurations: (asked) => findDurations(reads, asked, clock.now()),
    figures: () => figuresOf(writes, looks, owesEvents),
    check: async () => void (await reads.run("select 1", [])),
    recordHealth: (status) => recordHealth(writes, status),
    close: () => {
      clock.stop();
      return pools.close();
    },
  };
}
