import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../errors.ts";

/** One file of sql/: forward only, never edited once it has run anywhere. */
export interface Migration {
  version: number;
  name: string;
  sql: string;
  /** SHA-256 of the text, hex. */
  checksum: string;
}

/** A row of schema_migrations. */
export interface AppliedMigration {
  version: number;
  checksum: string;
}

/** Reads the migrations of one database kind in order of their number. */
export function readMigrations(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => {
      const sql = readFileSync(join(folder, file), "utf8");
      const checksum = new Bun.CryptoHasher("sha256").update(sql).digest("hex");
      return { version: Number.parseInt(file, 10), name: file.replace(/\.sql$/, ""), sql, checksum };
    })
    .sort((first, second) => first.version - second.version);
  const repeated = migrations.find(({ version }, index) => migrations[index + 1]?.version === version);
  if (repeated !== undefined) throw new Error(`Two migrations have the number ${repeated.version} in ${folder}`);
  return migrations;
}

/**
 * The migrations that are still to run.
 *
 * @throws StartError when the database is newer than this program or holds a migration that was edited since.
 */
export function pendingMigrations(all: Migration[], applied: AppliedMigration[]): Migration[] {
  const known = new Map(all.map((migration) => [migration.version, migration]));
  for (const { version, checksum } of applied) {
    const migration = known.get(version);
    if (migration === undefined) {
      throw new StartError(
        `The database is of a newer version (migration ${version}) than this program; start the newer program`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new StartError(
        `The migration ${migration.name} was edited after it ran on this database; restore its text`,
      );
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  return all.filter(({ version }) => !done.has(version));
}
