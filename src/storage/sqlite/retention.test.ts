/** Retention of the file: what it gives back to the disk. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { progress, uuidsOf, World } from "../../../tests/contracts/storage/kit.ts";
import { openFileStorage } from "./index.ts";

const DAY = 24 * 60 * 60 * 1000;
const RUNS = 6000;
const PAYLOAD = JSON.stringify({ text: "x".repeat(4000) });

test("once old runs are dropped, the file shrinks to what is left and some room", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-retention-"));
  const open = () => openFileStorage({ folder, synchronous: "NORMAL", onDeath: () => {} });
  const world = await World.open({ open, takesClock: false });
  const held = await world.claimByMessage(await world.runs(RUNS, { payload: PAYLOAD }));
  const kept = await world.run();
  const next = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
  await world.storage.saveProgress(held.map((run) => progress(run, { entries: "[]", next })));
  const database = new Database(join(folder, "platform.db"), { readonly: true });
  const pages = () => database.query<{ page_count: number }, []>("pragma page_count").get()?.page_count ?? 0;
  const rowsOf = (table: string) =>
    database.query<{ rows: number }, []>(`select count(*) as rows from ${table}`).get()?.rows ?? 0;
  const full = pages();
  expect(full).toBeGreaterThan(RUNS);
  expect(rowsOf("run_log")).toBe(RUNS);
  while (await world.storage.maintain(Date.now() + DAY));
  expect(await world.stored([...uuidsOf(held), kept])).toEqual([kept]);
  expect(rowsOf("run_log")).toBe(0);
  expect(pages()).toBeLessThan(full / 4);
  database.close();
  await world.storage.close();
  rmSync(folder, { recursive: true });
});
