/** What a seed is played on: a storage that is empty at its beginning, and whose time is the scheduler's. */
import type { Clock } from "../../src/clock.ts";
import { openWriter } from "../../src/db/sqlite.ts";
import type { Storage } from "../../src/storage/port.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Ground {
  empty(scheduler: Scheduler): Promise<Storage>;
  /** Resolves when nothing is under way in it; null where nothing ever is. */
  settled: (() => Promise<void>) | null;
}

/** SQLite in memory: one database for all seeds, since its tables and statements take longer to make than a seed to play. */
export function memoryGround(): Ground {
  const database = openWriter(":memory:", "NORMAL");
  const tables = database
    .query<{ name: string }, []>("select name from sqlite_master where type = 'table' and name <> 'schema_migrations'")
    .all();
  return {
    async empty(scheduler) {
      for (const { name } of tables) database.query(`delete from ${name}`).run();
      return openMemoryStorage(clockOf(scheduler), database);
    },
    settled: null,
  };
}

function clockOf(scheduler: Scheduler): Clock {
  const now = () => scheduler.time;
  return {
    now,
    monotonic: now,
    timer: (milliseconds, callback) => scheduler.after(milliseconds, callback),
    nextTurn: (callback) => void scheduler.after(0, callback),
  };
}
