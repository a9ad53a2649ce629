/** While processes are replaced one by one, those of the version before work on the tables of this one. */
import { afterAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../../errors.ts";
import { connect, newDatabase, optionsFor } from "./database.fixture.ts";
import { openPostgresStorage } from "./index.ts";

const FOLDER = join(import.meta.dir, "../../../sql/postgres");
/** Files that were there before the rule, none of which was ever deployed. */
const BEFORE_THE_RULE = 3;
/** What statements of the version before may stumble over. */
const CONTRACTS = [
  /\bdrop\s+(table|column|constraint|default|view|function|type)\b/i,
  /\brename\b/i,
  /\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b/i,
  /\bset\s+not\s+null\b/i,
  /\badd\s+column\s+(?![^,;]*\bdefault\b)[^,;]*\bnot\s+null\b/i,
  /\badd\s+(constraint\b|check\b|unique\b|primary\b|foreign\b)/i,
  /\bcreate\s+unique\s+index\b/i,
];
/** A file that takes away what no version before uses any more says since when. */
const UNUSED_SINCE = /^-- Contracts: unused since \S+/m;

const { url } = await newDatabase("version_before");
const admin = connect(url);
afterAll(() => admin.end());

const contracts = (sql: string) => {
  const statements = sql.replace(/--[^\n]*|'(?:[^']|'')*'/g, "");
  return !UNUSED_SINCE.test(sql) && CONTRACTS.some((pattern) => pattern.test(statements));
};

test("the statements of the version before find all that they name in the tables of this one", async () => {
  const { storage } = await openPostgresStorage(optionsFor(url));
  await storage.close();
  const text = readFileSync(join(import.meta.dir, "version-before.sql"), "utf8");
  // One whose text has not changed since is there already.
  await admin.unsafe(text.replaceAll(/^create function/gm, "create or replace function")).simple();
  const functions = [...text.matchAll(/^create function (\w+)\(([^)]*)\)/gm)];
  expect(functions.length).toBeGreaterThan(10);
  for (const [, name = "", types = ""] of functions) {
    const values = types.split(", ").filter((type) => type !== "");
    const call = values.map((type) => (type === "text" ? "'[]'" : `null::${type}`)).join(", ");
    // Run on nothing it is planned all the same, with every table and column that it names. What it takes may be no array.
    await admin.unsafe(`select * from ${name}(${call})`).catch((error: unknown) => {
      if (!codeOf(error).startsWith("22")) throw error;
    });
  }
});

test("no migration takes away or narrows what the version before uses", () => {
  const files = readdirSync(FOLDER).filter(
    (file) => file.endsWith(".sql") && Number.parseInt(file, 10) > BEFORE_THE_RULE,
  );
  expect(files.filter((file) => contracts(readFileSync(join(FOLDER, file), "utf8")))).toEqual([]);
  for (const sql of [
    "alter table workflow_runs drop column completed_event_due_at;",
    "alter table workflow_runs rename column id to name;",
    "alter table workflow_runs alter column id type integer;",
    "alter table workflow_runs add column depth integer not null;",
    "alter table workflow_runs add constraint positive check (depth > 0);",
  ]) {
    expect(contracts(sql)).toBe(true);
    expect(contracts(`-- Contracts: unused since 1.4.0\n${sql}`)).toBe(false);
  }
  expect(contracts("alter table workflow_runs add column depth integer not null default 0;")).toBe(false);
});
