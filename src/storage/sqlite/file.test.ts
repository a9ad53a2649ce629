/** Who may open a folder of the file adapter, and how a start that can't be is refused. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../../errors.ts";
import { edit, HOLDER, newFolders, open, startHolder } from "./folders.fixture.ts";

const newFolder = newFolders();

/** What opening the folder throws. */
async function refusal(folder: string): Promise<unknown> {
  try {
    await (await open(folder)).close();
  } catch (error) {
    return error;
  }
  return null;
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
    const child = Bun.spawn(["bun", HOLDER, folder], { stdout: "pipe", stderr: "pipe" });
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
