import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartError } from "../errors.ts";
import { type AppliedMigration, type Migration, pendingMigrations, readMigrations } from "./migrations.ts";
import { openWriter } from "./sqlite.ts";

const SQL = join(import.meta.dir, "../../sql/sqlite");
const root = mkdtempSync(join(tmpdir(), "migrations-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(root, "sql-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe("reading", () => {
  test("a migration has the number and name of its file, its text and the checksum of it", () => {
    const [migration] = readMigrations(folderOf({ "0001_first_things.sql": "select 'ö'" }));
    expect(migration).toEqual({
      version: 1,
      name: "0001_first_things",
      sql: "select 'ö'",
      checksum: new Bun.CryptoHasher("sha256").update("select 'ö'").digest("hex"),
    });
  });

  test("they come in the order of their numbers, other files are left out", () => {
    const files = { "0010_c.sql": "", "0002_b.sql": "", "0001_a.sql": "", "README.md": "", "0003_d.sql.bak": "" };
    expect(readMigrations(folderOf(files)).map(({ name }) => name)).toEqual(["0001_a", "0002_b", "0010_c"]);
  });

  test("also where numbers are of different length", () => {
    const files = { "10_b.sql": "", "9_a.sql": "", "10000_c.sql": "", "9999_d.sql": "" };
    expect(readMigrations(folderOf(files)).map(({ version }) => version)).toEqual([9, 10, 9999, 10_000]);
  });

  test("ours are numbered from 1 without a gap", () => {
    const versions = readMigrations(SQL).map(({ version }) => version);
    expect(versions.length).toBeGreaterThan(0);
    expect(versions).toEqual(versions.map((_, index) => index + 1));
  });
});

describe("what is still to run", () => {
  const all: Migration[] = [1, 2, 3].map((version) => ({
    version,
    name: `m${version}`,
    sql: "",
    checksum: `c${version}`,
  }));
  const ran = (...versions: number[]): AppliedMigration[] =>
    versions.map((version) => ({ version, checksum: `c${version}` }));

  const pending: { name: string; applied: AppliedMigration[]; versions: number[] }[] = [
    { name: "all on a new database", applied: [], versions: [1, 2, 3] },
    { name: "the rest on an older one", applied: ran(1, 2), versions: [3] },
    { name: "none on one that is up to date", applied: ran(1, 2, 3), versions: [] },
    { name: "in whatever order the rows come", applied: ran(3, 1), versions: [2] },
  ];
  for (const { name, applied, versions } of pending) {
    test(name, () => expect(pendingMigrations(all, applied).map(({ version }) => version)).toEqual(versions));
  }

  const refused: { name: string; applied: AppliedMigration[]; message: string }[] = [
    { name: "a newer database", applied: ran(1, 2, 3, 4), message: "newer version (migration 4)" },
    { name: "a migration that is gone", applied: ran(0, 1), message: "newer version (migration 0)" },
    { name: "an edited migration", applied: [...ran(1), { version: 2, checksum: "c1" }], message: "m2 was edited" },
  ];
  for (const { name, applied, message } of refused) {
    test(`${name} is refused`, () => {
      expect(() => pendingMigrations(all, applied)).toThrow(StartError);
      expect(() => pendingMigrations(all, applied)).toThrow(message);
    });
  }
});

describe("a database", () => {
  test("is migrated once, and its rows say with what", () => {
    const file = join(root, "twice.db");
    for (let time = 0; time < 2; time++) {
      const database = openWriter(file, "NORMAL");
      const rows = database.query("select version, name, checksum from schema_migrations order by version").all();
      expect(rows).toEqual(readMigrations(SQL).map(({ version, name, checksum }) => ({ version, name, checksum })));
      database.close();
    }
  });

  test("is durable as asked for, with a log that stays small", () => {
    for (const [synchronous, level] of [
      ["FULL", 2],
      ["NORMAL", 1],
    ] as const) {
      const database = openWriter(join(root, `${synchronous}.db`), synchronous);
      const pragma = (name: string) =>
        Object.values(database.query<Record<string, unknown>, []>(`pragma ${name}`).get() ?? {});
      expect(pragma("synchronous")).toEqual([level]);
      expect(pragma("journal_mode")).toEqual(["wal"]);
      database.close();
    }
  });
});
