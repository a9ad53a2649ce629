import { Database, SQLiteError } from "bun:sqlite";
import { join } from "node:path";
import { messageOf, PlatformError, StartError } from "../errors.ts";
import { type AppliedMigration, pendingMigrations, readMigrations } from "./migrations.ts";

// Bun keeps the last 20 statements of a connection, and ours has more: one that was dropped is planned anew, for 10 to 50 µs.
Database.MAX_QUERY_CACHE_SIZE = 200;

const MIGRATIONS = join(import.meta.dir, "../../sql/sqlite");

export type Synchronous = "FULL" | "NORMAL";

/** Opens the connection that writes, brings the schema up to date, and returns it. ":memory:" for a database of its own. */
export function openWriter(file: string, synchronous: Synchronous): Database {
  const database = new Database(file, { create: true, strict: true });
  // A program that read the file may hold it for a moment as it ends.
  database.run("pragma busy_timeout = 5000");
  // Before anything else is written: free pages can be given back a few at a time.
  database.run("pragma auto_vacuum = incremental");
  database.run("pragma journal_mode = wal");
  database.run(`pragma synchronous = ${synchronous}`);
  // 4,000 pages of 4 KiB: a checkpoint's two fsyncs are shared by more commits, and the log stays near 16 MiB.
  database.run("pragma wal_autocheckpoint = 4000");
  database.run("pragma journal_size_limit = 33554432");
  database.run("pragma cache_size = -8000");
  database.run("pragma temp_store = memory");
  migrate(database);
  // From here on who writes is told that the file is locked, and tries again.
  database.run("pragma busy_timeout = 0");
  return database;
}

/** Opens a connection that only reads committed rows. */
export function openReader(file: string): Database {
  const database = new Database(file, { readonly: true, strict: true });
  database.run("pragma cache_size = -4000");
  return database;
}

/** The result of several statements that read one state of the file: else another thread may commit between two of them. */
export function atOnce<Value>(database: Database, read: () => Value): Value {
  return database.transaction(read)();
}

/** The errors of the file or its disk, which any statement may fail with: https://www.sqlite.org/rescode.html */
const UNAVAILABLE =
  /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|INTERNAL|INTERRUPT|IOERR|LOCKED|NOLFS|NOMEM|NOTADB|PERM|PROTOCOL|READONLY)/;

/** The result of a read. @throws PlatformError storage_unavailable where the file can't be read; other errors of the read */
export function reading<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SQLiteError && UNAVAILABLE.test(error.code ?? ""))) throw error;
    throw new PlatformError("storage_unavailable", "", { cause: messageOf(error) });
  }
}

/** The locks that are held: a database that nothing refers to is closed by the garbage collector, which frees its lock. */
const locks = new Set<Database>();

/**
 * Holds the data folder for this process until it ends, however it ends: the kernel frees the lock. The function that is
 * returned frees it earlier.
 *
 * @throws StartError when another process holds it.
 */
export function lockFolder(folder: string): () => void {
  try {
    const lock = new Database(join(folder, "lock"), { create: true });
    lock.run("pragma locking_mode = exclusive");
    lock.run("begin exclusive");
    locks.add(lock);
    return () => {
      locks.delete(lock);
      lock.close();
    };
  } catch (error) {
    const message = messageOf(error);
    throw new StartError(
      /locked/.test(message)
        ? `The data folder ${folder} is in use by another process; stop it or set another DATA_DIR`
        : `The data folder ${folder} can't be locked (${message}); mend it or set another DATA_DIR`,
    );
  }
}

function migrate(database: Database): void {
  database.run(
    "create table if not exists schema_migrations (version integer primary key, name text not null, checksum text not null, applied_at integer not null) strict",
  );
  const applied = database
    .query<AppliedMigration, []>("select version, checksum from schema_migrations order by version")
    .all();
  for (const migration of pendingMigrations(readMigrations(MIGRATIONS), applied)) {
    database.transaction(() => {
      database.run(migration.sql);
      database.run("insert into schema_migrations values (?, ?, ?, ?)", [
        migration.version,
        migration.name,
        migration.checksum,
        Date.now(),
      ]);
    })();
  }
}
