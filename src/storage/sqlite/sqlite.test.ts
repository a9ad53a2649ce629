/** The storage contract over SQLite in memory and in a file. */
import { Database } from "bun:sqlite";
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storageContract } from "../../../tests/contracts/storage.ts";
import { openFileStorage, openMemoryStorage } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "sqlite-test-"));

storageContract("memory", { open: async (clock) => openMemoryStorage(clock), takesClock: true });

// Opened once: its thread takes longer to start than most of the tests do.
const file = await openFileStorage({
  folder,
  synchronous: "NORMAL",
  onDeath: (error) => {
    throw error;
  },
});
const cleaner = new Database(join(folder, "platform.db"));
const TABLES = cleaner
  .query<{ name: string }, []>("select name from sqlite_schema where type = 'table' and name not like '%migrations%'")
  .all();
storageContract("file", {
  open: async () => file,
  close: async () => {
    for (const { name } of TABLES) cleaner.run(`delete from ${name}`);
  },
  takesClock: false,
});
afterAll(async () => {
  cleaner.close();
  await file.close();
  rmSync(folder, { recursive: true, force: true });
});
