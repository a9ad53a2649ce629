/** The schedules of simulation.test.ts, with every statement carried out by a real PostgreSQL. */
import { afterAll, expect, test } from "bun:test";
import { postgresGround } from "./simulation/postgres.ts";
import { simulate } from "./simulation/simulate.ts";
import { simulatedStepTypes } from "./simulation/step-types.ts";

const SEEDS = process.env.TEST_SIZE === "full" ? 500 : 8;
const FIRST = Number(process.env.SIMULATION_SEED ?? 1);
const types = await simulatedStepTypes();
const ground = await postgresGround("simulation");
afterAll(() => ground.close());

test(`${SEEDS} seeded schedules keep every promise over PostgreSQL`, async () => {
  const failed: string[] = [];
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const { violations } = await simulate(seed, types, ground);
    if (violations.length > 0) failed.push(`${violations[0]}\n  with SIMULATION_SEED=${seed}`);
  }
  expect(failed.slice(0, 5)).toEqual([]);
}, 3_600_000);
