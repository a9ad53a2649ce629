import { Database } from "bun:sqlite";
import { join } from "node:path";

/** What SQLite does alone, every commit fsynced. */
export interface SqliteLimit {
  commits_per_second: number;
  rows_per_second: number;
  group: number;
}

const GROUP = 200;

/** Inserts rows of a run's size into a file in `folder` for `milliseconds` each: one per commit, then 200 per commit. */
export function sqliteLimit(folder: string, milliseconds: number): SqliteLimit {
  const database = new Database(join(folder, "limit.db"), { create: true, strict: true });
  database.run("pragma journal_mode = wal");
  database.run("pragma synchronous = full");
  database.run("create table run (uuid text primary key, workflow text, status text, payload text, results text)");
  const insert = database.prepare("insert into run values (?, ?, 'success', ?, ?)");
  const results = JSON.stringify(
    Array.from({ length: 3 }, (_, at) => ({ step_name: `step_${at}`, output: { n: at } })),
  );
  const addRows = database.transaction((count: number) => {
    for (let at = 0; at < count; at++) {
      insert.run(Bun.randomUUIDv7(), "019ad5f0-0000-7000-8000-000000000000", '{"n":1}', results);
    }
  });
  const commitsPerSecond = (rows: number) => {
    const start = performance.now();
    let commits = 0;
    while (performance.now() - start < milliseconds) {
      addRows(rows);
      commits++;
    }
    return (commits * 1000) / (performance.now() - start);
  };
  const single = commitsPerSecond(1);
  const grouped = commitsPerSecond(GROUP);
  database.close();
  return { commits_per_second: single, rows_per_second: grouped * GROUP, group: GROUP };
}
