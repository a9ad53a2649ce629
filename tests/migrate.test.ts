/** `bun run migrate`: the job of an upgrade. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "../src/storage/postgres/database.fixture.ts";
import { fieldsOf, REPOSITORY } from "./harness/platform.ts";
import { newDatabase } from "./harness/under-test.ts";

setDefaultTimeout(60_000);

function start(environment: Record<string, string>): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, ...environment };
  return Bun.spawn(["bun", "src/migrate.ts"], { cwd: REPOSITORY, env, stdio: ["ignore", "pipe", "pipe"] });
}

async function ended({ stdout, stderr, exited }: ReturnType<typeof start>) {
  const [logs, complaint, code] = await Promise.all([new Response(stdout).text(), new Response(stderr).text(), exited]);
  return { code, complaint, said: logs.split("\n").flatMap((line) => fieldsOf(line).msg ?? []) };
}

test("makes the tables and the months ahead, and does nothing the second time", async () => {
  const DATABASE_URL = await newDatabase();
  const sql = connect(DATABASE_URL);
  const state = () => sql`select (select json_agg(m order by version) from schema_migrations m) as migrations,
    (select json_agg(inhrelid::regclass::text order by inhrelid) from pg_inherits
      where inhparent in ('workflow_runs'::regclass, 'run_log'::regclass)) as partitions`;
  expect(await ended(start({ DATABASE_URL }))).toEqual({ code: 0, complaint: "", said: ["migrated"] });
  const first = [...(await state())];
  expect(first[0]?.migrations.length).toBeGreaterThan(0);
  // Of runs and logs: past, after and beyond, this month and three more.
  expect(first[0]?.partitions.length).toBe(2 * 7);
  expect(await ended(start({ DATABASE_URL }))).toEqual({ code: 0, complaint: "", said: ["migrated"] });
  expect([...(await state())]).toEqual(first);
  await sql.end();
});

test("is refused with one sentence without PostgreSQL, and by a database that is newer", async () => {
  const embedded = await ended(start({}));
  expect(embedded).toEqual({ code: 1, complaint: expect.stringMatching(/^`bun run migrate` needs .*\n$/), said: [] });
  const DATABASE_URL = await newDatabase();
  expect((await ended(start({ DATABASE_URL }))).code).toBe(0);
  const sql = connect(DATABASE_URL);
  await sql`insert into schema_migrations (version, name, checksum) values (9999, 'of tomorrow', '')`;
  await sql.end();
  const newer = await ended(start({ DATABASE_URL }));
  expect(newer).toEqual({ code: 1, complaint: expect.stringMatching(/^The database is of a newer .*\n$/), said: [] });
});

test("ends by a signal while it waits for a database, and not as if it had migrated", async () => {
  // Nobody listens there: it tries for a minute.
  const child = start({ DATABASE_URL: "postgres://127.0.0.1:1/none" });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toContain("waiting for PostgreSQL");
  child.kill("SIGTERM");
  expect(await child.exited).toBe(1);
});
