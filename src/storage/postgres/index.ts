import type { Logger } from "pino";
import { type Clock, systemClock } from "../../clock.ts";
import type { PostgresConfig } from "../../config.ts";
import type { Pool } from "../../db/pool.ts";
import { migrate, openPools, type Pools, startWith } from "../../db/postgres.ts";
import type { BreakerState } from "../../resilience/breaker.ts";
import type { ControlKind, ControlRequest, ControlResult } from "../../schemas/control.ts";
import type { PageRequest } from "../../schemas/page.ts";
import type { RunKey } from "../../schemas/run.ts";
import type {
  ClaimedRun,
  DueClaim,
  FoundRuns,
  Held,
  InsertedRun,
  MessageClaim,
  NewRun,
  NewWorkflow,
  Outcome,
  OwedEvents,
  Progress,
  RunRecord,
  Storage,
  Unnamed,
  VersionKey,
  WorkerLease,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
  WorkflowRecord,
} from "../port.ts";
import { CLAIM_BY_MESSAGE, CLAIM_DUE, CLAIM_DUE_BEGUN, Claims, LOGS, NEXT_DUE } from "./claims.ts";
import { CONTROL_OF, Control, REQUEST_CONTROL } from "./control.ts";
import { DatabaseClock, databaseTime } from "./database-clock.ts";
import { Definitions, FIND_VERSIONS, FIND_WORKFLOWS, INSERT_WORKFLOWS } from "./definitions.ts";
import { EventQueue, OWED_EVENTS_SENT, TAKE_OWED_EVENTS } from "./events.ts";
import { FENCE_IDS, FIND_LATE_IDS, Ids } from "./ids.ts";
import { INSERT_BY_UUID, NewRuns } from "./new-runs.ts";
import { DROP_RUNS, MAKE_MONTHS, Partitions } from "./partitions.ts";
import { ProgressWriter, SAVE_PROGRESS } from "./progress.ts";
import { FIND_RUNS, LIST_RUNS, Runs } from "./runs.ts";
import { FIND_UNCLAIMED, UnclaimedRuns } from "./unclaimed.ts";
import { HELD_BY, RENEW_LEASE, Workers } from "./workers.ts";

/** What the way of every run goes through, and that of its workflow. */
export const KEPT = [
  FENCE_IDS,
  FIND_LATE_IDS,
  INSERT_WORKFLOWS,
  FIND_WORKFLOWS,
  FIND_VERSIONS,
  INSERT_BY_UUID,
  FIND_UNCLAIMED,
  CLAIM_BY_MESSAGE,
  CLAIM_DUE,
  CLAIM_DUE_BEGUN,
  LOGS,
  NEXT_DUE,
  RENEW_LEASE,
  HELD_BY,
  REQUEST_CONTROL,
  CONTROL_OF,
  SAVE_PROGRESS,
  FIND_RUNS,
  LIST_RUNS.desc,
  LIST_RUNS.asc,
  TAKE_OWED_EVENTS,
  OWED_EVENTS_SENT,
  MAKE_MONTHS,
  DROP_RUNS,
];

/** What to check where the database can't be used. */
const SETTINGS = "POSTGRES_* or DATABASE_URL";

const HEALTH = `with dropped as (delete from health_status where timestamp < now() - interval '1 day')
  insert into health_status (status) values ($1)`;

export interface PostgresOptions extends PostgresConfig {
  /** A run that ends owes its completed event to a broker. */
  owesEvents: boolean;
  /** Called while the database can't be reached at the start, with the reason. */
  onWait(error: string): void;
  log: Logger;
}

/** The storage, and the time of its database, by which every process goes. */
export interface PostgresParts {
  storage: Storage;
  clock: Clock;
}

/**
 * The tables of a PostgreSQL database, brought up to date.
 *
 * @throws StartError when it can't be reached within a minute, or is newer than this program
 */
export async function openPostgresStorage({
  owesEvents,
  onWait,
  log,
  ...config
}: PostgresOptions): Promise<PostgresParts> {
  await migrate(config.migrateAddress, KEPT, systemClock, onWait);
  const pools = await openPools(config, systemClock, log);
  await startWith(SETTINGS, systemClock, onWait, () => pools.open());
  const partitions = new Partitions(pools.writes);
  await startWith(SETTINGS, systemClock, onWait, () => partitions.make());
  const clock = new DatabaseClock({ ask: () => databaseTime(pools.writes), machine: systemClock, log });
  await startWith(SETTINGS, systemClock, onWait, () => clock.start());
  const ids = await startWith(SETTINGS, systemClock, onWait, () => Ids.open(pools, clock));
  return { storage: new PostgresStorage(pools, ids, clock, owesEvents), clock };
}

class PostgresStorage implements Storage {
  readonly owedEvents: OwedEvents | null;
  readonly breaker: () => BreakerState;
  /** A statement has to be planned, sent and committed: as many rows as possible in each. */
  readonly batchesAtOnce = 1;
  readonly #pools: Pools;
  readonly #writes: Pool;
  readonly #definitions: Definitions;
  readonly #newRuns: NewRuns;
  readonly #runs: Runs;
  readonly #unclaimed: UnclaimedRuns;
  readonly #claims: Claims;
  readonly #workers: Workers;
  readonly #control: Control;
  readonly #progress: ProgressWriter;
  readonly #partitions: Partitions;
  readonly #clock: DatabaseClock;

  constructor(pools: Pools, ids: Ids, clock: DatabaseClock, owesEvents: boolean) {
    this.#pools = pools;
    this.breaker = pools.breaker;
    this.#writes = pools.writes;
    this.#definitions = new Definitions(pools, ids);
    this.#newRuns = new NewRuns(pools.writes, ids, clock, owesEvents);
    this.#runs = new Runs(pools, this.#definitions, ids);
    this.#unclaimed = new UnclaimedRuns(pools.writes);
    this.#claims = new Claims(pools.writes);
    this.#workers = new Workers(pools.writes);
    this.#control = new Control(pools.writes, owesEvents);
    this.#progress = new ProgressWriter(pools.writes, clock, owesEvents);
    this.#partitions = new Partitions(pools.writes);
    this.#clock = clock;
    this.owedEvents = owesEvents ? new EventQueue(pools.writes) : null;
  }

  insertWorkflows(items: Unnamed<NewWorkflow>[]): Promise<Outcome<string>[]> {
    return this.#definitions.insert(items);
  }

  updateWorkflows(items: WorkflowChange[]): Promise<Outcome<{ uuid: string; version: number }>[]> {
    return this.#definitions.update(items);
  }

  deleteWorkflows(items: WorkflowKey[]): Promise<Outcome<{ uuid: string }>[]> {
    return this.#definitions.delete(items);
  }

  findWorkflows(items: WorkflowLookup[]): Promise<(WorkflowRecord | null)[]> {
    return this.#definitions.find(items);
  }

  listWorkflows(page: PageRequest): Promise<WorkflowRecord[]> {
    return this.#definitions.list(page);
  }

  findVersions(keys: VersionKey[]): Promise<(string | null)[]> {
    return this.#definitions.versions(keys);
  }

  insertRuns(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]> {
    return this.#newRuns.insert(items);
  }

  findRuns(keys: RunKey[]): Promise<(RunRecord | null)[]> {
    return this.#runs.find(keys);
  }

  storedRuns(uuids: string[]): Promise<string[]> {
    return this.#runs.stored(uuids);
  }

  listRuns(page: PageRequest): Promise<RunRecord[]> {
    return this.#runs.list(page);
  }

  findUnclaimed(uuids: string[], maxBytes: number): Promise<FoundRuns> {
    return this.#unclaimed.find(uuids, maxBytes);
  }

  claimByMessage(claim: MessageClaim): Promise<ClaimedRun[]> {
    return this.#claims.byMessage(claim);
  }

  claimDue(claim: DueClaim): Promise<ClaimedRun[]> {
    return this.#claims.due(claim);
  }

  nextDue(patienceMilliseconds: number): Promise<number | null> {
    return this.#claims.nextDue(patienceMilliseconds);
  }

  saveProgress(items: Progress[]): Promise<Outcome<null>[]> {
    return this.#progress.save(items);
  }

  startLease(lease: WorkerLease): Promise<void> {
    return this.#workers.start(lease);
  }

  renewLease(lease: WorkerLease): Promise<Outcome<null>> {
    return this.#workers.renew(lease);
  }

  heldBy(worker: string): Promise<(Held & Pick<Progress, "crashes">)[]> {
    return this.#workers.heldBy(worker);
  }

  requestControl(items: ControlRequest[]): Promise<Outcome<ControlResult>[]> {
    return this.#control.request(items);
  }

  controlOf(worker: string): Promise<(Held & { kind: ControlKind })[]> {
    return this.#control.of(worker);
  }

  async maintain(before: number | null): Promise<boolean> {
    if (before !== null && (await this.#partitions.drop(before))) return true;
    await this.#partitions.make();
    return false;
  }

  async check(): Promise<void> {
    await this.#pools.reads.run("select 1", []);
  }

  async recordHealth(status: string): Promise<void> {
    await this.#writes.run(HEALTH, [status]);
  }

  close(): Promise<void> {
    this.#clock.stop();
    return this.#pools.close();
  }
}
