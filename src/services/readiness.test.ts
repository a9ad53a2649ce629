import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../clock.fixture.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { HealthRecord } from "./health.ts";
import { type Part, ReadinessService } from "./readiness.ts";

/** Parts whose checks are answered by hand, behind a service with a clock of its own. */
class Bench {
  readonly clock = new HandClock();
  readonly checks: PromiseWithResolvers<"up" | "degraded">[] = [];
  readonly readiness: ReadinessService;

  constructor(...needed: boolean[]) {
    const parts = needed.map(
      (isNeeded, index): Part => ({
        name: `part ${index}`,
        needed: isNeeded,
        check: () => {
          const check = Promise.withResolvers<"up" | "degraded">();
          this.checks.push(check);
          return check.promise;
        },
        breaker: null,
      }),
    );
    this.readiness = new ReadinessService(parts, this.clock);
  }

  /** The states, or the sentence of the refusal. */
  async ask(): Promise<unknown> {
    return this.readiness.check().then(
      ({ parts }) => parts,
      (error: unknown) => String(error),
    );
  }
}

test("all who ask at once share one check, and so does whoever asks within the second", async () => {
  const bench = new Bench(true);
  const asked = Promise.all(Array.from({ length: 1000 }, () => bench.ask()));
  expect(bench.checks).toHaveLength(1);
  bench.checks[0]?.resolve("up");
  expect(await asked).toEqual(Array(1000).fill({ "part 0": "up" }));
  bench.clock.time = 999;
  expect(await bench.ask()).toEqual({ "part 0": "up" });
  expect(bench.checks).toHaveLength(1);
  bench.clock.time = 1000;
  const later = bench.ask();
  expect(bench.checks).toHaveLength(2);
  bench.checks[1]?.reject(new Error("gone"));
  expect(await later).toContain("part 0");
});

test("a part that does not answer is down after a second, and not asked again until it has answered", async () => {
  const bench = new Bench(true);
  for (let second = 0; second < 5; second++) {
    bench.clock.time = second * 1000;
    const asked = bench.ask();
    await settled();
    bench.clock.ring();
    expect(await asked).toContain("part 0");
  }
  expect(bench.checks).toHaveLength(1);
  bench.checks[0]?.resolve("up");
  await settled();
  bench.clock.time = 5000;
  const asked = bench.ask();
  bench.checks[1]?.resolve("up");
  expect(await asked).toEqual({ "part 0": "up" });
});

test("names parts that are degraded, or down and not needed, in an answer that says ready", async () => {
  const bench = new Bench(true, false, false);
  const asked = bench.ask();
  for (const [index, state] of (["up", "degraded"] as const).entries()) bench.checks[index]?.resolve(state);
  bench.checks[2]?.reject(new Error("gone"));
  expect(await asked).toEqual({ "part 0": "up", "part 1": "degraded", "part 2": "down" });
});

/** A health record over a storage whose writes of it are answered by hand. */
function healthBench() {
  const clock = new HandClock();
  const writes: PromiseWithResolvers<void>[] = [];
  const storage = openMemoryStorage(clock);
  storage.recordHealth = () => {
    const write = Promise.withResolvers<void>();
    writes.push(write);
    return write.promise;
  };
  return { clock, writes, health: new HealthRecord(storage, clock, pino({ level: "silent" })) };
}

test("a write is tried every 10 s, and when somebody asks 5 s after the last one", async () => {
  const { clock, writes, health } = healthBench();
  health.start();
  writes[0]?.resolve();
  clock.time = 4999;
  await health.check();
  expect(writes).toHaveLength(1);
  clock.time = 5000;
  const asked = health.check();
  expect(writes).toHaveLength(2);
  writes[1]?.reject(new Error("read-only"));
  expect(asked).rejects.toThrow("read-only");
  expect(health.check()).rejects.toThrow("read-only");
  await settled();
  clock.ring();
  expect(writes).toHaveLength(3);
});

test("writes that hang do not pile up", async () => {
  const { clock, writes, health } = healthBench();
  health.start();
  for (let second = 0; second < 100; second++) {
    clock.time = second * 1000;
    health.check();
    clock.ring();
  }
  expect(writes).toHaveLength(1);
  writes[0]?.resolve();
  await health.check();
});
