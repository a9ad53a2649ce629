/** Databases for the tests of this folder, on a real PostgreSQL and through a real PgBouncer. */

import pino from "pino";
import postgres, { type Sql } from "postgres";
import { servicesUp } from "../../../infrastructure/local/services.ts";
import { loadConfig } from "../../config.ts";
import type { PostgresOptions } from "./index.ts";

export const services = await servicesUp(["postgres", "pgbouncer"]);

/** A connection beside those of the storage. */
export function connect(url: string): Sql {
  return postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
}

export interface TestDatabase {
  /** Straight to it. */
  url: string;
  /** Through PgBouncer. */
  pooledUrl: string;
}

/** A database of this name, empty and without tables. */
export async function newDatabase(name: string): Promise<TestDatabase> {
  const admin = connect(services.postgres);
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  await admin.unsafe(`create database ${name}`);
  await admin.end();
  const of = (address: string) => address.replace(/\/[^/]*$/, `/${name}`);
  return { url: of(services.postgres), pooledUrl: of(services.pgbouncer) };
}

/** The options of the storage, unless a test changes them. */
export function optionsFor(url: string, migrateUrl = url): PostgresOptions {
  const log = pino({ level: "silent" });
  const { postgres: config } = loadConfig({ DATABASE_URL: url, MIGRATE_DATABASE_URL: migrateUrl });
  if (config === null) throw new Error("DATABASE_URL turns PostgreSQL on");
  return { ...config, owesEvents: false, log, onWait: () => {} };
}
