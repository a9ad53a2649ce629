import { expect, test } from "bun:test";
import { simulate } from "./simulation/simulate.ts";
import { simulatedStepTypes } from "./simulation/step-types.ts";

const SEEDS = 5000;
const FIRST = Number(process.env.SIMULATION_SEED ?? 1);
const types = await simulatedStepTypes();

test(`${SEEDS} seeded schedules of crashes, freezes, partitions, wrong clocks and lost answers keep every promise`, async () => {
  const total: Record<string, number> = {};
  const failed: string[] = [];
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const { violations, counts } = await simulate(seed, types);
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
    if (violations.length > 0) {
      failed.push(`${violations[0]}\n  replay with: bun tests/simulation/replay.ts ${seed}`);
    }
  }
  console.log("faults:", JSON.stringify(total));
  expect(failed.slice(0, 5)).toEqual([]);
  // A suite in which nothing went wrong has shown nothing.
  for (const count of Object.values(total)) expect(count).toBeGreaterThan(SEEDS / 10);
}, 900_000);

test("the same seed gives the same trace twice", async () => {
  for (const seed of [FIRST, FIRST + 7, FIRST + 77]) {
    const [first, second] = [await simulate(seed, types), await simulate(seed, types)];
    expect(first.trace.length).toBeGreaterThan(50);
    expect(second.trace).toEqual(first.trace);
  }
});
