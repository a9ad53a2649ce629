/** Whatever is looked for, PostgreSQL reads no more rows than the look is at, however the runs are spread. */
import { afterAll, expect, test } from "bun:test";
import { NAMESPACE } from "../../../../tests/contracts/storage/kit.ts";
import { IN_ORDER } from "../../../db/postgres/kept.ts";
import { newId } from "../../../ids.ts";
import type { RunFilter, RunLook } from "../../../schemas/lists/run-query.ts";
import { connect, newDatabase, optionsFor } from "../database.fixture.ts";
import { openPostgresStorage } from "../index.ts";
import { arrayOf, boundRuns, LAST_UUID } from "../statement.ts";
import { statementOf } from "./looks.ts";
import { SMALL_PROGRESS } from "./small-progress.ts";

const RUNS = process.env.TEST_SIZE === "full" ? 1_000_000 : 20_000;
const MOST = 1000;
/** Milliseconds from one to the next. */
const APART = 10;
const BEGAN = Date.now() - RUNS * APART - 60_000;
/** Of nearly all runs, of the oldest ten, and of none. */
const [USUAL, OLD, NONE] = [newId(1), newId(2), newId(3)];
const uuidAt = (n: number) => {
  const [time, count] = [(BEGAN + n * APART).toString(16).padStart(12, "0"), n.toString(16).padStart(12, "0")];
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count}`;
};
const OLDEST = uuidAt(1);

const { url } = await newDatabase("looks");
const { storage } = await openPostgresStorage(optionsFor(url));
const sql = connect(url);
afterAll(async () => {
  await sql.end();
  await storage.close();
});

for (const setting of IN_ORDER) await sql.unsafe(`set ${setting} = off`);

// The oldest ten are those that are rare: of another workflow, failed, open, children, tagged.
await sql`insert into workflow_runs (uuid, namespace, workflow_id, status, created_at, completed_at, error, tags, parent_run_id, root_run_id, retry_of, step_results)
  select (lpad(to_hex(${BEGAN}::bigint + n * ${APART}::integer), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, ${NAMESPACE},
    case when n <= 10 then ${OLD}::uuid else ${USUAL}::uuid end,
    case when n <= 3 then 'failed' when n <= 6 then 'pending' when n <= 8 then 'cancelled' else 'success' end,
    to_timestamp((${BEGAN}::float8 + n * ${APART}::integer) / 1000), case when n not between 4 and 6 then to_timestamp((${BEGAN}::float8 + n * ${APART}::integer) / 1000) end,
    case when n <= 3 then 'Out of paper' end, case when n <= 10 then '["rare"]'::jsonb end,
    case when n <= 10 then ${OLDEST}::uuid end, case when n <= 10 then ${OLDEST}::uuid end, case when n <= 10 then ${OLDEST}::uuid end, '{"a": {"output": "some result of a step"}}'
  from generate_series(1, ${RUNS}::integer) as n`;
await sql`insert into run_queue (run_uuid, namespace, started_at, due_at)
  select uuid, namespace, case when error is null then now() end, now() + interval '1 hour' from workflow_runs where completed_at is null`;

interface Node {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: Node[];
}

/** The rows that a plan read of each table. */
function readIn(node: Node, read = new Map<string, number>()): Map<string, number> {
  const table = node["Relation Name"]?.replace(/^(workflow_runs)_.*/, "$1");
  if (table !== undefined) {
    const rows = (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
    read.set(table, (read.get(table) ?? 0) + rows);
  }
  for (const child of node.Plans ?? []) readIn(child, read);
  return read;
}

async function explained(look: RunLook): Promise<Map<string, number>> {
  const { text, parameters } = statementOf(look, LAST_UUID);
  const [row] = await sql.unsafe<{ "QUERY PLAN": { Plan: Node }[] }[]>(
    `explain (analyze, format json) ${text.replaceAll("($1)", "($1::text[])")}`,
    [arrayOf(parameters)],
  );
  const plan = row?.["QUERY PLAN"][0]?.Plan;
  if (plan === undefined) throw new Error("EXPLAIN gives a plan");
  return readIn(plan);
}

const filters: RunFilter[] = [
  {},
  { statuses: ["failed"] },
  { statuses: ["cancelled", "failed", "paused"] },
  { statuses: ["running"] },
  { statuses: ["pending", "failed"] },
  { statuses: ["success"] },
  { error: "PAPER" },
  { error: "nothing of it" },
  { workflowUuid: OLD },
  { workflowUuid: NONE },
  { workflowUuid: USUAL },
  { workflowUuid: USUAL, statuses: ["failed"] },
  { workflowUuid: OLD, statuses: ["failed"] },
  { workflowUuid: USUAL, statuses: ["failed", "running"] },
  { workflowUuid: OLD, statuses: ["success"] },
  { parentRunId: OLDEST },
  { rootRunId: OLDEST },
  { rootRunId: NONE },
  { retryOf: OLDEST },
  { retryOf: NONE },
  { uuids: [OLDEST, uuidAt(5), NONE] },
  { uuids: [OLDEST, uuidAt(5), NONE], statuses: ["failed"] },
  { tag: "rare" },
  { workflowUuid: OLD, tag: "rare" },
  { createdFrom: BEGAN + (RUNS / 2) * APART, createdTo: BEGAN + (RUNS / 2) * APART + 1000 },
  { createdTo: BEGAN + 5 * APART },
];

for (const analysed of [false, true]) {
  test(`rows that are read, ${analysed ? "with" : "without"} statistics`, async () => {
    if (analysed) await sql`analyze`;
    for (const filter of filters) {
      for (const order of ["desc", "asc"] as const) {
        const look = { namespace: NAMESPACE, filter, order, after: null, limit: 51, most: MOST };
        const read = await explained(look);
        const where = JSON.stringify({ filter, order, ...Object.fromEntries(read) });
        // At most each of three sources gives as many as are looked at.
        const most = MOST * Math.max(1, filter.statuses?.length ?? (filter.error === undefined ? 1 : 2)) + 100;
        expect(`${where} ${(read.get("workflow_runs") ?? 0) <= most}`).toBe(`${where} true`);
        expect(`${where} ${(read.get("run_queue") ?? 0) <= MOST}`).toBe(`${where} true`);
      }
    }
  });
}

test("how far runs are is read of these runs alone", async () => {
  const uuids = Array.from({ length: 200 }, (_, index) => uuidAt(1 + index * Math.floor(RUNS / 200)));
  const [namespaces, wanted, ...bounds] = boundRuns(uuids.map((uuid) => ({ namespace: NAMESPACE, uuid })));
  const values = [`'${namespaces}'::text[]`, `'${wanted}'::uuid[]`, ...bounds.map((uuid) => `'${uuid}'::uuid`)];
  const text = SMALL_PROGRESS.replaceAll(/\$(\d)/g, (_, number) => values[Number(number) - 1] ?? "");
  const [row] = await sql.unsafe<{ "QUERY PLAN": { Plan: Node }[] }[]>(`explain (analyze, format json) ${text}`);
  const plan = row?.["QUERY PLAN"][0]?.Plan;
  if (plan === undefined) throw new Error("EXPLAIN gives a plan");
  const read = readIn(plan);
  expect(read.get("workflow_runs")).toBe(200);
  expect(read.get("run_queue") ?? 0).toBeLessThanOrEqual(200);
});

test("what is rarest is found at once", async () => {
  const find = (filter: RunFilter) =>
    storage.lookForRuns({ namespace: NAMESPACE, filter, order: "desc", after: null, limit: 51, most: MOST });
  const rare: [RunFilter, number][] = [
    [{ statuses: ["failed"] }, 3],
    [{ statuses: ["running"] }, 3],
    [{ error: "paper" }, 3],
    [{ workflowUuid: OLD }, 10],
    [{ workflowUuid: NONE }, 0],
    [{ parentRunId: OLDEST }, 10],
    [{ retryOf: OLDEST }, 10],
    [{ uuids: [OLDEST, uuidAt(5), NONE] }, 2],
    [{ createdTo: BEGAN + 6 * APART }, 5],
  ];
  for (const [filter, count] of rare) {
    const { runs, lookedTo } = await find(filter);
    expect({ filter, count: runs.length, lookedTo }).toEqual({ filter, count, lookedTo: null });
  }
});

test("what failed of a workflow with few runs is found at once, however many of others failed", async () => {
  const began = Date.now() - 50_000;
  const [rare, noisy] = [newId(4), newId(5)];
  await sql`insert into workflow_runs (uuid, namespace, workflow_id, status, created_at, completed_at, error)
    select (lpad(to_hex(${began}::bigint + n), 12, '0') || '70008001' || lpad(to_hex(n), 12, '0'))::uuid, ${NAMESPACE},
      case when n <= 4 then ${rare}::uuid else ${noisy}::uuid end, case when n in (2, 4) then 'cancelled' else 'failed' end, now(), now(), 'no'
    from generate_series(1, ${2 * MOST}::integer) as n`;
  const look = { namespace: NAMESPACE, order: "desc", after: null, limit: 51, most: MOST } as const;
  for (const filter of [
    { workflowUuid: rare, statuses: ["failed"] },
    { workflowUuid: rare, error: "NO", statuses: ["failed", "running"] },
  ] satisfies RunFilter[]) {
    const { runs, lookedTo } = await storage.lookForRuns({ ...look, filter });
    expect([runs.map(({ workflowUuid, status }) => [workflowUuid, status]), lookedTo]).toEqual([
      [
        [rare, "failed"],
        [rare, "failed"],
      ],
      null,
    ]);
    const read = await explained({ ...look, filter });
    expect(read.get("workflow_runs")).toBeLessThan(20);
  }
  const { runs } = await storage.lookForRuns({ ...look, filter: { workflowUuid: noisy, statuses: ["failed"] } });
  expect(runs.length).toBe(51);
});
