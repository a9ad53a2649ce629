import type { Database } from "bun:sqlite";
import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../clock.ts";
import { lockFolder, openReader, openWriter, reading, type Synchronous } from "../../db/sqlite.ts";
import { messageOf, StartError } from "../../errors.ts";
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
  Progress,
  RunRecord,
  Storage,
  Unnamed,
  VersionKey,
  WorkerLease,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
} from "../port.ts";
import { Claims } from "./claims.ts";
import { type Committer, LocalCommitter, ThreadCommitter } from "./commit.ts";
import { Control } from "./control.ts";
import { Definitions } from "./definitions.ts";
import { IdsUnderWay, newestId } from "./ids.ts";
import { Runs } from "./runs.ts";
import { UnclaimedRuns } from "./unclaimed.ts";
import { Workers } from "./workers.ts";
import { writeOperations } from "./writes.ts";

/** A database in memory, gone with the process. The clock, and the database, are parameters so that a simulation can own them. */
export function openMemoryStorage(clock: Clock, database: Database = openWriter(":memory:", "NORMAL")): Storage {
  const committer = new LocalCommitter(database, writeOperations(database, clock));
  return new SqliteStorage(database, committer, clock, async () => {});
}

export interface FileOptions {
  folder: string;
  synchronous: Synchronous;
  /** Called when the writing thread died: nothing can be stored any more. */
  onDeath(error: unknown): void;
}

/**
 * The database file of a data folder. Runs that a process before this one held are due at once: the folder's lock says
 * that it is dead.
 *
 * @throws StartError when the folder cannot be written, is in use, or holds a newer database.
 */
export async function openFileStorage({ folder, synchronous, onDeath }: FileOptions): Promise<Storage> {
  prepareFolder(folder);
  const lock = lockFolder(folder);
  const file = join(folder, "platform.db");
  const committer = await ThreadCommitter.start({ file, synchronous }, onDeath).catch((error: unknown) => {
    lock.close();
    throw startError(file, error);
  });
  await committer.write("endLeases", null);
  const reader = openReader(file);
  return new SqliteStorage(reader, committer, systemClock, async () => {
    reader.close();
    lock.close();
  });
}

/** Errors lose their class on the way out of a thread: those of the migrations are known by their sentences. */
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

class SqliteStorage implements Storage {
  readonly owedEvents = null;
  readonly breaker = null;
  /** The writing thread commits together what came during its last commit: it wants the next ready. */
  readonly batchesAtOnce = 4;
  readonly #definitions: Definitions;
  readonly #runs: Runs;
  readonly #claims: Claims;
  readonly #workers: Workers;
  readonly #control: Control;
  readonly #unclaimed: UnclaimedRuns;
  readonly #committer: Committer;
  readonly #underWay: IdsUnderWay;
  readonly #release: () => Promise<void>;

  constructor(reader: Database, committer: Committer, clock: Clock, release: () => Promise<void>) {
    this.#definitions = new Definitions(reader, clock);
    this.#workers = new Workers(reader, clock);
    this.#control = new Control(reader, clock);
    this.#runs = new Runs(reader);
    this.#claims = new Claims(reader, clock, this.#workers);
    this.#unclaimed = new UnclaimedRuns(reader);
    this.#committer = committer;
    this.#underWay = new IdsUnderWay(clock, newestId(reader));
    this.#release = release;
  }

  insertWorkflows(items: Unnamed<NewWorkflow>[]): Promise<Outcome<string>[]> {
    return this.#underWay.store(items, (named) => this.#committer.write("insertWorkflows", named));
  }

  updateWorkflows(items: WorkflowChange[]): Promise<Outcome<{ uuid: string; version: number }>[]> {
    return this.#committer.write("updateWorkflows", items);
  }

  deleteWorkflows(items: WorkflowKey[]): Promise<Outcome<{ uuid: string }>[]> {
    return this.#committer.write("deleteWorkflows", items);
  }

  async findWorkflows(items: WorkflowLookup[]) {
    return reading(() => items.map((item) => this.#definitions.find(item)));
  }

  async listWorkflows(page: PageRequest) {
    return reading(() => this.#definitions.list(page, this.#underWay.settled()));
  }

  async findVersions(keys: VersionKey[]): Promise<(string | null)[]> {
    return reading(() => keys.map((key) => this.#definitions.steps(key)));
  }

  insertRuns(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]> {
    return this.#underWay.store(items, (named) => this.#committer.write("insertRuns", named));
  }

  async findRuns(keys: RunKey[]): Promise<(RunRecord | null)[]> {
    return reading(() => keys.map((key) => this.#runs.find(key)));
  }

  async storedRuns(uuids: string[]): Promise<string[]> {
    return reading(() => uuids.filter((uuid) => this.#runs.isStored(uuid)));
  }

  async listRuns(page: PageRequest): Promise<RunRecord[]> {
    return reading(() => this.#runs.list(page, this.#underWay.settled()));
  }

  async findUnclaimed(uuids: string[], maxBytes: number): Promise<FoundRuns> {
    return reading(() => this.#unclaimed.find(uuids, maxBytes));
  }

  claimByMessage(claim: MessageClaim): Promise<ClaimedRun[]> {
    return this.#committer.write("claimByMessage", claim);
  }

  claimDue(claim: DueClaim): Promise<ClaimedRun[]> {
    return this.#committer.write("claimDue", claim);
  }

  async nextDue(patienceMilliseconds: number): Promise<number | null> {
    return reading(() => this.#claims.nextDue(patienceMilliseconds));
  }

  saveProgress(items: Progress[]): Promise<Outcome<null>[]> {
    return this.#committer.write("saveProgress", items);
  }

  async startLease(lease: WorkerLease): Promise<void> {
    await this.#committer.write("startLease", lease);
  }

  renewLease(lease: WorkerLease): Promise<Outcome<null>> {
    return this.#committer.write("renewLease", lease);
  }

  async heldBy(worker: string): Promise<(Held & Pick<Progress, "crashes">)[]> {
    return reading(() => this.#workers.heldBy(worker));
  }

  requestControl(items: ControlRequest[]): Promise<Outcome<ControlResult>[]> {
    return this.#committer.write("requestControl", items);
  }

  async controlOf(worker: string): Promise<(Held & { kind: ControlKind })[]> {
    return reading(() => this.#control.of(worker));
  }

  async maintain(before: number | null): Promise<boolean> {
    if (before === null) return false;
    await this.#committer.quiet();
    return this.#committer.write("dropRuns", before);
  }

  async check(): Promise<void> {
    reading(() => this.#claims.nextDue(0));
  }

  async recordHealth(status: string): Promise<void> {
    await this.#committer.write("recordHealth", status);
  }

  async close(): Promise<void> {
    await this.#committer.close();
    await this.#release();
  }
}
