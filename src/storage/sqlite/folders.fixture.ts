/** Folders of the file adapter, for its tests. */
import { Database } from "bun:sqlite";
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../port.ts";
import { openFileStorage } from "./index.ts";

export const HOLDER = join(import.meta.dir, "holder.fixture.ts");

/** Makes paths of folders that are not there yet; they are removed behind the tests of the file. */
export function newFolders(): () => string {
  const root = mkdtempSync(join(tmpdir(), "sqlite-test-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let folders = 0;
  return () => join(root, `data-${++folders}`);
}

export function open(folder: string): Promise<Storage> {
  return openFileStorage({
    folder,
    synchronous: "NORMAL",
    onDeath: (error) => {
      throw error;
    },
  });
}

/** Changes the database file of a folder that nobody has open. */
export function edit(folder: string, change: (database: Database) => void): void {
  const database = new Database(join(folder, "platform.db"));
  change(database);
  database.close();
}

/** Starts a process that holds a folder, and resolves with what it said once all of its runs were stored. */
export async function startHolder(folder: string, runs = 0) {
  const child = Bun.spawn(["bun", HOLDER, folder, String(runs)], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  const said: { runs: string[] } = JSON.parse(new TextDecoder().decode(value));
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return { ...said, kill };
}
