/** Whether writes go through, on a real PostgreSQL, on a clock that is put forward. */
import { expect, test } from "bun:test";
import { type Clock, systemClock } from "../../clock.ts";
import { Pool } from "../../db/postgres/pool.ts";
import { Breaker } from "../../resilience/breaker.ts";
import { newDatabase, optionsFor } from "./database.fixture.ts";
import { recordHealth } from "./health.ts";
import { openPostgresStorage } from "./index.ts";

test("where another statement found the disk full, its own small row says nothing for a while", async () => {
  const options = optionsFor((await newDatabase("health")).url);
  const { storage } = await openPostgresStorage(options);
  let later = 0;
  const clock: Clock = { ...systemClock, monotonic: () => performance.now() + later };
  const { address, prepare, log } = options;
  const breaker: Breaker = new Breaker({ name: "health", clock, log, probe: () => pool.probe() });
  const pool: Pool = new Pool({
    ...{ address, prepare, log, clock, breaker },
    ...{ size: 1, limitMilliseconds: null, isSpare: false },
  });
  try {
    await recordHealth(pool, "ok");
    const full = `do $$ begin raise exception 'No space left on device' using errcode = '53100'; end $$`;
    await expect(pool.run(full, [])).rejects.toMatchObject({ code: "storage_unavailable" });
    await expect(recordHealth(pool, "ok")).rejects.toMatchObject({ code: "storage_unavailable" });
    later = 20_000;
    await recordHealth(pool, "ok");
  } finally {
    breaker.stop();
    await pool.close();
    await storage.close();
  }
});
