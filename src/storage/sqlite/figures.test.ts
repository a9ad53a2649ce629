/** However many runs wait, SQLite looks at a bounded number of them to say so, and walks an index for it. */
import { expect, test } from "bun:test";
import { HandClock } from "../../clock.fixture.ts";
import { openWriter } from "../../db/sqlite.ts";
import { idFloor } from "../../ids.ts";
import { FRESH_MILLISECONDS, MOST_COUNTED } from "../port/finding/figures.ts";
import { COUNTS } from "./figures.ts";
import { openMemoryStorage } from "./index.ts";
import { NEVER } from "./never.ts";

const NOW = 1_000_000;
const ROWS = process.env.TEST_SIZE === "full" ? 1_000_000 : MOST_COUNTED + 100;

function scene() {
  const clock = new HandClock();
  clock.time = NOW;
  const database = openWriter(":memory:", "NORMAL");
  const storage = openMemoryStorage(clock, database);
  const insert = database.prepare(
    "insert into run_queue (run_uuid, namespace, started_at, due_at, paused_at) values (?, 'default', ?, ?, ?)",
  );
  let last = 0;
  const add = (count: number, startedAt: number | null, dueAt: number, pausedAt: number | null = null) =>
    database.transaction(() => {
      for (let n = 0; n < count; n++) insert.run(idFloor(last++), startedAt, dueAt, pausedAt);
    })();
  const figures = () => {
    clock.time += FRESH_MILLISECONDS;
    return storage.figures();
  };
  return { database, add, figures };
}

test("what waits is told apart as long as it is not too much to look at", async () => {
  const { add, figures } = scene();
  add(20, null, 2 * NOW);
  add(3, 1, 3 * NOW);
  add(20, 1, NEVER, 1);
  add(4, 1, NEVER);
  add(5, 1, 1);
  expect(await figures()).toMatchObject({ due: 5, asleep: 3, waiting: 4, paused: 20 });
});

test("of very many no more than so many are looked at", async () => {
  const { add, figures } = scene();
  add(ROWS, 1, 1);
  add(ROWS, null, 2 * NOW);
  add(1, 1, 3 * NOW);
  add(ROWS, 1, NEVER, 1);
  add(1, 1, NEVER);
  expect(await figures()).toMatchObject({ due: MOST_COUNTED, asleep: 0, waiting: 0, paused: MOST_COUNTED });
});

test("each of them walks an index", () => {
  const { database } = scene();
  for (const [name, text] of Object.entries(COUNTS)) {
    const steps = database.prepare<{ detail: string }, []>(`explain query plan ${text}`).all();
    const walked = steps.map(({ detail }) => detail).filter((detail) => /run_queue|run_turns|TEMP/.test(detail));
    const where = `${name}: ${walked.join("; ")}`;
    expect([
      where,
      /^(SEARCH run_queue|(SEARCH|SCAN) run_turns) USING (COVERING )?INDEX \w+/.test(walked[0] ?? ""),
    ]).toEqual([where, true]);
    expect(walked).toHaveLength(1);
  }
});
