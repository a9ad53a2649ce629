/** What only the file has: a folder of one process, a start that is refused, and what stays. */
import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { progress, World } from "../../../tests/contracts/storage/kit.ts";
import type { StorageAdapter } from "../../../tests/contracts/storage.ts";
import { StartError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Storage } from "../port.ts";
import { SLEEP_UNTIL } from "./holder.fixture.ts";
import { openFileStorage } from "./index.ts";

const FIXTURE = join(import.meta.dir, "holder.fixture.ts");
const root = mkdtempSync(join(tmpdir(), "sqlite-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
const newFolder = () => join(root, `data-${++folders}`);

function open(folder: string): Promise<Storage> {
  return openFileStorage({
    folder,
    synchronous: "NORMAL",
    onDeath: (error) => {
      throw error;
    },
  });
}

/** The file adapter over a folder that may hold something already. */
const fileIn = (folder: string): StorageAdapter => ({ open: () => open(folder), takesClock: false });

/** What opening the folder throws. */
async function refusal(folder: string): Promise<unknown> {
  try {
    await (await open(folder)).close();
  } catch (error) {
    return error;
  }
  return null;
}

/** Changes the database file of a folder that nobody has open. */
function edit(folder: string, change: (database: Database) => void): void {
  const database = new Database(join(folder, "platform.db"));
  change(database);
  database.close();
}

/** Starts the fixture on a folder and resolves with what it said once all of its runs were stored. */
async function startHolder(folder: string, runs = 0) {
  const child = Bun.spawn(["bun", FIXTURE, folder, String(runs)], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  const said: { runs: string[] } = JSON.parse(new TextDecoder().decode(value));
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return { ...said, kill };
}

describe("a folder has one process", () => {
  test("a second open in the same process is refused, and allowed once the first has closed", async () => {
    const folder = newFolder();
    const first = await open(folder);
    const error = await refusal(folder);
    expect(error).toBeInstanceOf(StartError);
    expect(String(error)).toMatch(new RegExp(`data folder ${folder} is in use`));
    await first.close();
    expect(await refusal(folder)).toBeNull();
  });

  test("a second process is refused and says why", async () => {
    const folder = newFolder();
    const storage = await open(folder);
    const child = Bun.spawn(["bun", FIXTURE, folder], { stdout: "pipe", stderr: "pipe" });
    expect(await child.exited).toBe(1);
    expect(await new Response(child.stderr).text()).toMatch(
      /^StartError: .*data folder .* is in use by another process/,
    );
    await storage.close();
  });

  test("the folder is free again once its process was killed, and not before", async () => {
    const folder = newFolder();
    const holder = await startHolder(folder);
    expect(await refusal(folder)).toBeInstanceOf(StartError);
    await holder.kill();
    expect(await refusal(folder)).toBeNull();
  });
});

test("a file that another program holds for a moment is opened after it", async () => {
  const folder = newFolder();
  await (await open(folder)).close();
  const other = new Database(join(folder, "platform.db"));
  other.run("pragma locking_mode = exclusive");
  other.run("begin exclusive");
  const opening = open(folder);
  await Bun.sleep(300);
  other.close();
  await (await opening).close();
});

describe("a start that can't be is one sentence", () => {
  const cases: { name: string; prepare: (folder: string) => string; message: RegExp }[] = [
    {
      name: "a folder below a file",
      prepare: (folder) => {
        writeFileSync(folder, "");
        return join(folder, "below");
      },
      message: /data folder .*below can't be written/,
    },
    {
      name: "a file in place of the folder",
      prepare: (folder) => {
        writeFileSync(folder, "");
        return folder;
      },
      message: /data folder .* can't be written/,
    },
    {
      name: "a lock that can't be opened",
      prepare: (folder) => {
        mkdirSync(join(folder, "lock"), { recursive: true });
        return folder;
      },
      message: /./,
    },
    {
      name: "a database file that can't be opened",
      prepare: (folder) => {
        mkdirSync(join(folder, "platform.db"), { recursive: true });
        return folder;
      },
      message: /./,
    },
  ];
  for (const { name, prepare, message } of cases) {
    test(name, async () => {
      const error = await refusal(prepare(newFolder()));
      expect(error).toBeInstanceOf(StartError);
      expect(String(error)).toMatch(message);
      expect(String(error)).not.toContain("\n");
    });
  }

  const migrated: { name: string; sql: string; message: RegExp }[] = [
    {
      name: "a database of a newer version",
      sql: "insert into schema_migrations values (9999, '9999_future', 'x', 0)",
      message: /newer version \(migration 9999\)/,
    },
    {
      name: "a migration that was edited after it ran",
      sql: "update schema_migrations set checksum = 'x' where version = 1",
      message: /migration 0001_workflows_and_runs was edited/,
    },
  ];
  for (const { name, sql, message } of migrated) {
    test(`${name}, and the folder is free afterwards`, async () => {
      const folder = newFolder();
      await (await open(folder)).close();
      edit(folder, (database) => database.run(sql));
      for (let time = 0; time < 2; time++) {
        const error = await refusal(folder);
        expect(error).toBeInstanceOf(StartError);
        expect(String(error)).toMatch(message);
      }
    });
  }
});

describe("what is stored stays", () => {
  test("through close and open", async () => {
    const folder = newFolder();
    const first = await World.open(fileIn(folder));
    const workflow = await first.workflow({ id: "orders" });
    const [pending, held] = [await first.run({ payload: '{"ö":1}' }), await first.held()];
    const entries = '[["0",{"step_name":"a"},null]]';
    await first.save(progress(held, { entries, crashes: 2 }));
    const before = await first.findRuns([pending, held.uuid]);
    await first.storage.close();

    const second = await World.open(fileIn(folder));
    expect(await second.findRuns([pending, held.uuid])).toEqual(before);
    expect(before[1]?.log).toBe(entries);
    const lookup = { namespace: "default", reference: "orders", version: null };
    expect(await second.storage.findWorkflows([lookup])).toMatchObject([{ uuid: workflow }]);
    const claimed = await second.claimDue();
    expect(claimed.map(({ uuid, token, crashes }) => ({ uuid, token, crashes }))).toEqual([
      { uuid: pending, token: 1, crashes: 0 },
      { uuid: held.uuid, token: 2, crashes: 2 },
    ]);
    await second.storage.close();
  });

  test("through kill -9: runs that were held are due at once, sleeping ones keep their time", async () => {
    const folder = newFolder();
    const holder = await startHolder(folder, 20);
    await holder.kill();
    const world = await World.open(fileIn(folder));
    const claimed = await world.claimDue();
    expect(claimed.map(({ uuid }) => uuid).sort()).toEqual(holder.runs.filter((_, index) => index % 2 === 0).sort());
    expect(claimed.every(({ token }) => token === 2)).toBe(true);
    for (const run of claimed) {
      await world.save(progress(run, { next: { kind: "end", status: "success", error: null, stepResults: "{}" } }));
    }
    expect(await world.storage.nextDue(0)).toBe(SLEEP_UNTIL);
    await world.storage.close();
  });

  test("through kill -9: whoever held a run before writes nothing to it afterwards", async () => {
    const folder = newFolder();
    const holder = await startHolder(folder, 1);
    await holder.kill();
    const world = await World.open(fileIn(folder));
    const [uuid = ""] = holder.runs;
    const [claimed] = await world.claimDue();
    expect(claimed).toMatchObject({ uuid, token: 2 });
    expect(await world.save(progress({ uuid, token: 1, logLength: 0 }))).toEqual({ kind: "lost" });
    await world.storage.close();
  });
});

test("health rows older than a day are dropped when the next is recorded", async () => {
  const folder = newFolder();
  const first = await open(folder);
  await first.recordHealth("ok");
  await first.close();
  const dayAgo = Date.now() - 24 * 60 * 60 * 1000;
  edit(folder, (database) => {
    for (const age of [1, 60_000])
      database.run("insert into health_status (status, timestamp) values ('old', ?)", [dayAgo - age]);
    database.run("insert into health_status (status, timestamp) values ('young', ?)", [dayAgo + 60_000]);
  });
  const second = await open(folder);
  await second.recordHealth("again");
  await second.close();
  edit(folder, (database) => {
    const rows = database.query<{ status: string }, []>("select status from health_status order by id").all();
    expect(rows.map(({ status }) => status)).toEqual(["ok", "young", "again"]);
  });
});

test("rows of another program, with the contract's columns alone, are run", async () => {
  const folder = newFolder();
  const first = await World.open(fileIn(folder));
  const workflow = await first.workflow();
  await first.storage.close();
  const uuid = newId(Date.now());
  edit(folder, (database) =>
    database.run("insert into workflow_runs (uuid, workflow_id, status, payload) values (?, ?, 'pending', '{}')", [
      uuid,
      workflow,
    ]),
  );
  const second = await World.open(fileIn(folder));
  expect(await second.claimDue()).toMatchObject([{ uuid, workflowUuid: workflow, workflowVersion: 1, token: 1 }]);
  await second.storage.close();
});

test("a file that can't be read is the platform's trouble, whatever was asked", async () => {
  const folder = newFolder();
  const world = await World.open(fileIn(folder));
  const workflow = await world.workflow({ steps: JSON.stringify(["x".repeat(100_000)]) });
  const run = await world.run();
  truncateSync(join(folder, "platform.db-wal"), 100);
  truncateSync(join(folder, "platform.db"), 100);
  const page = { namespace: "default", limit: 10, order: "desc", after: null } as const;
  const reads = [
    () => world.findRuns([run]),
    () => world.storage.listRuns(page),
    () => world.storage.findWorkflows([{ namespace: "default", reference: workflow, version: null }]),
    () => world.storage.check(),
  ];
  for (const read of reads)
    expect(await read().catch((error: unknown) => error)).toMatchObject({ code: "storage_unavailable" });
  await world.storage.close();
});
