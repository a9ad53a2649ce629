import { expect, test } from "bun:test";
import pino from "pino";
import { type Clock, systemClock } from "../clock.ts";
import { Breaker } from "./breaker.ts";

/** A breaker whose timers are fired, and whose probes are answered, by hand. */
class Bench {
  readonly waits: number[] = [];
  readonly probes: PromiseWithResolvers<void>[] = [];
  readonly lines: Record<string, unknown>[] = [];
  readonly breaker: Breaker;
  #timer: (() => void) | null = null;

  constructor() {
    const timer: Clock["timer"] = (milliseconds, callback) => {
      this.waits.push(milliseconds);
      this.#timer = callback;
      return () => {
        this.#timer = null;
      };
    };
    this.breaker = new Breaker({
      name: "service",
      clock: { ...systemClock, timer },
      log: pino({ level: "info" }, { write: (line) => this.lines.push(JSON.parse(line)) }),
      probe: () => {
        const probe = Promise.withResolvers<void>();
        this.probes.push(probe);
        return probe.promise;
      },
    });
  }

  fire(): boolean {
    const timer = this.#timer;
    this.#timer = null;
    timer?.();
    return timer !== null;
  }

  async answer(error?: Error): Promise<void> {
    const probe = this.probes.at(-1);
    if (error === undefined) probe?.resolve();
    else probe?.reject(error);
    await Bun.sleep(0);
  }

  get messages() {
    return this.lines.map(({ msg }) => msg);
  }
}

test("is closed until it is tripped, half open while a probe is on its way, closed when one is answered", async () => {
  const bench = new Bench();
  expect(bench.breaker.state).toBe("closed");
  bench.breaker.trip(new Error("gone"));
  expect(bench.breaker.state).toBe("open");
  bench.fire();
  expect(bench.breaker.state).toBe("half_open");
  await bench.answer(new Error("still gone"));
  expect(bench.breaker.state).toBe("open");
  bench.fire();
  await bench.answer();
  expect(bench.breaker.state).toBe("closed");
  expect(bench.probes).toHaveLength(2);
});

test("probes ever less often, to two seconds and a jitter of a quarter, and at once again after a success", async () => {
  const bench = new Bench();
  bench.breaker.trip(new Error("gone"));
  for (let failure = 0; failure < 8; failure++) {
    bench.fire();
    await bench.answer(new Error("gone"));
  }
  for (const [index, wait] of bench.waits.entries()) {
    const usual = Math.min(100 * 2 ** index, 2000);
    expect(wait).toBeGreaterThanOrEqual(usual * 0.75);
    expect(wait).toBeLessThanOrEqual(usual * 1.25);
  }
  bench.fire();
  await bench.answer();
  bench.breaker.trip(new Error("gone"));
  expect(bench.waits.at(-1)).toBeLessThanOrEqual(125);
});

test("says once that it is out and once that it is back, with the service and the reason", async () => {
  const bench = new Bench();
  for (let times = 0; times < 5; times++) bench.breaker.trip(new Error("gone"));
  bench.fire();
  await bench.answer();
  expect(bench.messages).toEqual(["out of reach; it is probed until it answers", "back"]);
  expect(bench.lines[0]).toMatchObject({ level: 40, service: "service", error: "gone" });
  expect(bench.lines[1]).toMatchObject({ level: 30, service: "service" });
});

test("probes no more once it is stopped", async () => {
  const bench = new Bench();
  bench.breaker.trip(new Error("gone"));
  bench.breaker.stop();
  expect(bench.fire()).toBe(false);
  bench.breaker.trip(new Error("gone"));
  expect(bench.probes).toHaveLength(0);
});
