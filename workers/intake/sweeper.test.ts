import { afterAll, expect, spyOn, test } from "bun:test";
import pino from "pino";
import type { ClaimedRun } from "../../src/storage/port.ts";
import { connect, newDatabase, optionsFor } from "../../src/storage/postgres/database.fixture.ts";
import { openPostgresStorage } from "../../src/storage/postgres/index.ts";
import { World } from "../../tests/contracts/storage/kit.ts";
import { Sweeper } from "./sweeper.ts";

const { url } = await newDatabase("sweeper");
const { storage, clock } = await openPostgresStorage(optionsFor(url));
const world = await World.open({ open: async () => storage, takesClock: false });
const holder = connect(url);
afterAll(async () => {
  await holder.end();
  await storage.close();
});

test("a due run that another session has locked is asked for now and then, and claimed once it is free", async () => {
  const uuid = await world.run();
  await holder`update run_queue set due_at = now() - interval '1 minute' where run_uuid = ${uuid}`;
  await holder.unsafe("begin");
  await holder`select from run_queue where run_uuid = ${uuid} for update`;

  const [looks, claims] = [spyOn(storage, "nextDue"), spyOn(storage, "claimDue")];
  const claimed = Promise.withResolvers<ClaimedRun[]>();
  const { worker } = await world.mark();
  const sweeper = new Sweeper({
    storage,
    dispatcher: {
      worker,
      roomForDue: () => 10,
      roomBytes: 1_000_000,
      reserveDue: () => () => {},
      accept: (runs) => {
        if (runs.length > 0) claimed.resolve(runs);
      },
    },
    clock,
    log: pino({ level: "silent" }),
    patienceMilliseconds: () => 0,
    longestMilliseconds: () => 50,
  });
  sweeper.start();
  await Bun.sleep(1000);
  // Twice for each rest, which get as long as 50 ms.
  expect(looks.mock.calls.length + claims.mock.calls.length).toBeWithin(4, 80);
  await holder.unsafe("commit");
  expect((await claimed.promise).map((run) => run.uuid)).toEqual([uuid]);
  sweeper.stop();
});
