/** The storage contract over PostgreSQL, with and without prepared statements, straight and through PgBouncer. */
import { afterAll } from "bun:test";
import { storageContract } from "../../../tests/contracts/storage.ts";
import { connect, newDatabase, optionsFor } from "./database.fixture.ts";
import { openPostgresStorage, type PostgresOptions } from "./index.ts";

const TABLES = [
  "health_status",
  "workflow_definitions",
  "workflow_versions",
  "run_turns",
  "run_counts",
  "run_count_hours",
  "turn_locks",
  "schedules",
  "request_keys",
  "hooks",
  "hook_deliveries",
  "bulk_actions",
  "workflow_runs",
  "run_queue",
  "run_log",
  "run_inbox",
  "workers",
];
// Not truncate: that makes new files, which takes longer than a few rows do.
const EMPTY = TABLES.map((table) => `delete from ${table}`).join(";");

async function contractOver(name: string, url: string, options: PostgresOptions): Promise<void> {
  const cleaner = connect(url);
  // Opened once: its logins, and the plans of new connections, take longer than most of the tests.
  const { storage } = await openPostgresStorage(options);
  afterAll(async () => {
    await storage.close();
    await cleaner.end();
  });
  storageContract(name, {
    open: async () => storage,
    close: async () => {
      await cleaner.unsafe(EMPTY).simple();
    },
    takesClock: false,
  });
}

const [plain, prepared, pooled] = [
  await newDatabase("contract_plain"),
  await newDatabase("contract_prepared"),
  await newDatabase("contract_pooled"),
];
await contractOver("PostgreSQL", plain.url, optionsFor(plain.url));
await contractOver("PostgreSQL, prepared statements", prepared.url, { ...optionsFor(prepared.url), prepare: true });
await contractOver("PgBouncer", pooled.url, optionsFor(pooled.pooledUrl, pooled.url));
