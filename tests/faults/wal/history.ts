/** What the database held after every commit of a log, worked out without SQLite's own recovery. */
import { Database } from "bun:sqlite";
import type { Wal } from "./file.ts";

/** Everything but what a start changes of a held run: when it is due, and whose it is. */
const TABLES = [
  `select uuid, namespace, id, workflow_id, workflow_version, status, payload, created_at, started_at, completed_at,
     error, step_results, token, crashes from workflow_runs order by uuid`,
  "select run_uuid, namespace, started_at, token, log_length, crashes from run_queue order by run_uuid",
  "select * from run_log order by run_uuid, seq",
  "select * from workflow_definitions order by uuid",
  "select * from workflow_versions order by workflow_uuid, version",
  "select * from health_status order by id",
  "select * from schema_migrations order by version",
];

/** Rows that fit no moment of a run's life: what one commit has to write together. */
const HALF_WRITTEN = `select uuid from workflow_runs r left join run_queue q on q.run_uuid = r.uuid where
  log_length <> (select count(*) from run_log where run_uuid = r.uuid)
  or (completed_at is null) <> (status not in ('success', 'failed'))
  or (completed_at is null) <> (step_results is null)
  or (completed_at is null) <> (q.run_uuid is not null)
  or (completed_at is null) <> (r.token is null)
  or (holder is not null and (q.token = 0 or q.started_at is null or claim_id is null))
  or (q.run_uuid is not null and (holder is null) <> (due_at is not null))
  or not exists (select 1 from workflow_versions where workflow_uuid = r.workflow_id and version = r.workflow_version)`;

/** A run that had not ended. */
export interface OpenRun {
  uuid: string;
  /** Null while somebody held it. */
  dueAt: number | null;
  token: number;
}

export interface State {
  /** The frames of the log up to this commit. */
  frames: number;
  /** Of every row. */
  digest: string;
  runs: Set<string>;
  open: OpenRun[];
  halfWritten: string[];
}

export class History {
  /** Before the log's first commit, after it, and so on. */
  readonly states: State[] = [];
  readonly #wal: Wal;
  /** The database file as a checkpoint after the last commit would leave it. */
  readonly #image: Buffer;
  /** Frames that the image holds. */
  #applied = 0;

  constructor(database: Buffer, wal: Wal) {
    this.#wal = wal;
    const pages = Math.max(database.length / wal.pageSize, ...wal.frames.map(({ page }) => page));
    this.#image = Buffer.alloc(pages * wal.pageSize);
    database.copy(this.#image);
    this.#note(database.length / wal.pageSize, 0);
    for (const [index, { commit }] of wal.frames.entries()) if (commit > 0) this.#note(commit, index + 1);
  }

  /** The last commit within so many frames. */
  at(frames: number): State {
    const state = this.states.findLast((one) => one.frames <= frames);
    if (state === undefined) throw new Error("there is no state before the log");
    return state;
  }

  /** The database file that holds every commit. */
  checkpointed(): Buffer {
    return this.#image.subarray(0, (this.#wal.frames[this.#wal.committed() - 1]?.commit ?? 0) * this.#wal.pageSize);
  }

  #note(pages: number, frames: number): void {
    for (; this.#applied < frames; this.#applied++) {
      const page = this.#wal.frames[this.#applied]?.page ?? 0;
      this.#wal.pageOf(this.#applied).copy(this.#image, (page - 1) * this.#wal.pageSize);
    }
    const image = Buffer.from(this.#image.subarray(0, pages * this.#wal.pageSize));
    // "Written without a log", or a database in memory is refused.
    image.fill(1, 18, 20);
    const database = Database.deserialize(image);
    const digest = digestOf(database);
    const runs = database.query<{ uuid: string }, []>("select uuid from workflow_runs").all();
    const halfWritten = database.query<{ uuid: string }, []>(HALF_WRITTEN).all();
    const open = database
      .query<OpenRun, []>(`select run_uuid as uuid, due_at as dueAt, token from run_queue order by run_uuid`)
      .all();
    database.close();
    const uuids = (rows: { uuid: string }[]) => rows.map(({ uuid }) => uuid);
    this.states.push({ frames, digest, runs: new Set(uuids(runs)), open, halfWritten: uuids(halfWritten) });
  }
}

/** Stands for every row of every table. */
export function digestOf(database: Database): string {
  const hash = new Bun.CryptoHasher("sha1");
  for (const sql of TABLES) {
    for (const row of database.query<unknown, []>(sql).values()) hash.update(JSON.stringify(row));
    hash.update(sql);
  }
  return hash.digest("hex");
}
