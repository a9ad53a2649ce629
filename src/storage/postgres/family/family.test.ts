/** Runs that are given up while another transaction is at them. */
import { afterAll, expect, test } from "bun:test";
import {
  entriesText,
  granted,
  NAMESPACE,
  only,
  present,
  progress,
  World,
} from "../../../../tests/contracts/storage/kit.ts";
import { RESUME_RUNS } from "../control/pause.ts";
import { connect, newDatabase, optionsFor } from "../database.fixture.ts";
import { openPostgresStorage } from "../index.ts";
import { boundsOf } from "../statement.ts";

const WAIT = { kind: "due", dueAt: null } as const;

const { url } = await newDatabase("family");
const { storage } = await openPostgresStorage(optionsFor(url));
const world = await World.open({ open: async () => storage, takesClock: false });
const [sql, watcher] = [connect(url), connect(url)];
afterAll(() => Promise.all([storage.close(), sql.end(), watcher.end()]));

/** Resolves once a statement waits for a lock of another. */
async function someoneWaits(): Promise<void> {
  for (;;) {
    const rows =
      await watcher`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    if (rows.length > 0) return;
    await Bun.sleep(5);
  }
}

test("a run that goes on while its parent gives it up is cancelled, and its log has its pause once", async () => {
  const parent = await world.held();
  const workflow = await world.workflow();
  const child = { uuid: null, path: "0", workflow, version: null, payload: "{}", isAwaited: true, isCancelled: true };
  granted(await world.save(progress(parent, { entries: entriesText("0"), children: [child] })));
  const { uuid } = only(only(await storage.findAwaited([parent.uuid])));
  const claim = async () => present((await world.claimDue()).find((run) => run.uuid === uuid));
  granted(await world.save(progress(await claim(), { entries: entriesText("0"), next: WAIT })));
  granted(only(await storage.requestControl([{ namespace: NAMESPACE, uuid, kind: "pause" }])));
  const items = JSON.stringify([{ position: 0, namespace: NAMESPACE, uuid }]);
  let saving = Promise.resolve<unknown>(null);
  await sql.begin(async (transaction) => {
    await transaction.unsafe(RESUME_RUNS.call, [items, ...boundsOf([uuid])]);
    saving = world.save(progress({ ...parent, logLength: 1 }, { entries: entriesText("1"), left: ["0"] }));
    await someoneWaits();
  });
  expect(await saving).toEqual({ kind: "ok", value: null });
  const run = await claim();
  expect(run).toMatchObject({ isCancelled: true, logLength: 2 });
  expect(JSON.parse(run.log)).toHaveLength(2);
});
