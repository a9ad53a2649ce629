import { describe, expect, test } from "bun:test";
import { Bench, MAX_FLUSHES, MAX_ITEMS, MIB, range, refusals } from "./coalescer.fixture.ts";

describe("overload", () => {
  test("by bytes: over 64 MiB waiting is refused at once, and taken again when they are gone", async () => {
    const bench = new Bench((item) => (item < 0 ? 1 : 4 * MIB));
    await bench.occupy();
    const waiting = bench.add(...range(16));
    const over = refusals(await bench.add(99));
    expect(over).toMatchObject([{ code: "overloaded", status: 503, retryable: true, retryAfter: 1 }]);
    await bench.answer();
    const again = bench.add(16);
    while (bench.underWay) await bench.answer();
    expect(refusals([...(await waiting), ...(await again)])).toEqual([]);
    expect(bench.batches.slice(MAX_FLUSHES).flat()).toEqual(range(17));
  });

  test("by predicted wait: what would wait for more than 5 s is refused, and told how long", async () => {
    // An item over 1 MiB is a batch of its own: 3 s each.
    const bench = new Bench(() => 5 * MIB);
    for (let item = 0; item < 40; item++) {
      const result = bench.add(item);
      bench.clock.turn();
      await bench.answer(3000);
      expect(refusals(await result)).toEqual([]);
    }
    bench.add(40);
    bench.clock.turn();
    const results = bench.add(...range(8, 41));
    while (bench.underWay) await bench.answer(3000);
    const refused = refusals(await results);
    // The first waits for one flush at most; the sixth would wait for 15 s.
    expect(refused.length).toBeWithin(3, 8);
    for (const { code, retryAfter } of refused) {
      expect(code).toBe("overloaded");
      expect(retryAfter).toBeWithin(5, 31);
    }
    expect(bench.batches.flat()).toEqual(range(49 - refused.length));
  });

  test("by predicted wait: batches that are under way at once are waited for once", async () => {
    const bench = new Bench();
    for (let item = 0; item < 40; item++) {
      const result = bench.add(item);
      bench.clock.turn();
      await bench.answer(2000);
      expect(refusals(await result)).toEqual([]);
    }
    // The last of these waits for two rounds of four batches, which take 2 s each.
    const burst = bench.add(...range(8 * MAX_ITEMS, 40));
    bench.clock.turn();
    while (bench.underWay) await bench.answer();
    expect(refusals(await burst)).toEqual([]);
  });

  test("who was slow once is not refused for ever", async () => {
    const bench = new Bench();
    bench.add(0);
    bench.clock.turn();
    await bench.answer(60_000);
    for (let item = 1; item < 100; item++) {
      const result = bench.add(item);
      bench.clock.turn();
      await bench.answer(1);
      expect(refusals(await result)).toEqual([]);
    }
    const burst = bench.add(...range(500, 1000));
    bench.clock.turn();
    while (bench.underWay) await bench.answer(1);
    expect(refusals(await burst)).toEqual([]);
  });

  test("a burst that waits for two commits is not refused, however little each commit carried before", async () => {
    const bench = new Bench();
    for (let item = 0; item < 50; item++) {
      bench.add(item);
      bench.clock.turn();
      // A commit takes as long for one item as for a thousand: it is an fsync.
      await bench.answer(10);
    }
    const burst = bench.add(...range(2000, 1000));
    bench.clock.turn();
    while (bench.underWay) await bench.answer(10);
    expect(refusals(await burst)).toHaveLength(0);
  });
});
