import { describe, expect, test } from "bun:test";
import { HandClock, settled } from "../clock.fixture.ts";
import { Bench, FULL_ITEMS, MAX_FLUSHES, MAX_ITEMS, MIB, range, refusals, values } from "./coalescer.fixture.ts";
import { Coalescer } from "./coalescer.ts";

describe("batches", () => {
  test("calls of one turn are one batch, sent on the next, each with its own result", async () => {
    const bench = new Bench();
    const results = bench.add(3, 1, 2);
    expect(bench.batches).toEqual([]);
    bench.clock.turn();
    expect(bench.batches).toEqual([[3, 1, 2]]);
    await bench.answer();
    expect(values(await results)).toEqual(["#3", "#1", "#2"]);
  });

  test("one flush is under way; what comes meanwhile is the next, sent at once when the first is answered", async () => {
    const bench = new Bench();
    bench.add(1);
    bench.clock.turn();
    const [second, third] = [bench.add(2), bench.add(3, 4)];
    bench.clock.turn();
    expect(bench.batches).toEqual([[1]]);
    await bench.answer();
    expect(bench.batches).toEqual([[1], [2, 3, 4]]);
    await bench.answer();
    expect(values([...(await second), ...(await third)])).toEqual(["#2", "#3", "#4"]);
    expect(bench.flushes).toHaveLength(2);
  });

  test("many calls of one turn do not wait for its end: sixteen are a batch, up to four are under way", async () => {
    const bench = new Bench();
    const results: Promise<PromiseSettledResult<string>[]>[] = [];
    for (const start of [0, 16, 32, 48]) {
      results.push(bench.add(...range(16, start)));
      expect(bench.batches.flat()).not.toContain(start);
      await settled();
      expect(bench.batches.at(-1)).toEqual(range(16, start));
    }
    results.push(bench.add(...range(6, 64)));
    // Six wait: too few for a batch of their own while others are under way.
    for (let flush = 0; flush < 3; flush++) await bench.answer();
    expect(bench.flushes).toHaveLength(4);
    await bench.answer();
    expect(bench.batches[4]).toEqual(range(6, 64));
    await bench.answer();
    expect(values((await Promise.all(results)).flat())).toEqual(range(70).map((item) => `#${item}`));
  });

  test("what waits behind four is sent when the first of them is answered, all of it at once", async () => {
    const bench = new Bench();
    await bench.occupy();
    bench.add(...range(100));
    expect(bench.flushes).toHaveLength(4);
    await bench.answer();
    expect(bench.batches[4]).toEqual(range(100));
  });

  test("the turn that was asked for finds its items sent already, and sends nothing", async () => {
    const bench = new Bench();
    bench.add(...range(16));
    await settled();
    bench.clock.turn();
    expect(bench.batches).toEqual([range(16)]);
  });

  test("no timer at all, and no turn asked for while idle or under way", async () => {
    const bench = new Bench();
    expect(bench.clock.pendingTurns).toBe(0);
    bench.add(1, 2);
    expect(bench.clock.pendingTurns).toBe(1);
    bench.clock.turn();
    bench.add(3);
    expect(bench.clock.pendingTurns).toBe(0);
    await bench.answer();
    await bench.answer();
    expect(bench.clock.pendingTurns).toBe(0);
    expect(bench.clock.timers).toBe(0);
    bench.add(4);
    bench.clock.turn();
    expect(bench.batches).toEqual([[1, 2], [3], [4]]);
  });

  const sizes: { name: string; items: number; sizeOf: (item: number) => number; batches: number[] }[] = [
    { name: "at most 1,000 items", items: 2500, sizeOf: () => 1, batches: [1000, 1000, 500] },
    { name: "exactly 1,000 are one", items: MAX_ITEMS, sizeOf: () => 1, batches: [1000] },
    { name: "at most 1 MiB", items: 10, sizeOf: () => MIB / 4, batches: [4, 4, 2] },
    { name: "an item over 1 MiB goes alone", items: 3, sizeOf: () => 2 * MIB, batches: [1, 1, 1] },
    {
      name: "a big one ends a batch of small ones",
      items: 4,
      sizeOf: (n) => (n === 2 ? 5 * MIB : 1),
      batches: [2, 1, 1],
    },
  ];
  for (const { name, items, sizeOf, batches } of sizes) {
    test(name, async () => {
      const bench = new Bench((item) => (item < 0 ? 1 : sizeOf(item)));
      await bench.occupy();
      const results = bench.add(...range(items));
      while (bench.underWay) await bench.answer();
      const sent = bench.batches.slice(MAX_FLUSHES);
      expect(sent.map(({ length }) => length)).toEqual(batches);
      expect(sent.flat()).toEqual(range(items));
      expect(values(await results)).toEqual(range(items).map((item) => `#${item}`));
    });
  }

  test("with one batch at a time it does not rest after a batch of one, nor after one that was as quick as ever", async () => {
    const bench = await quick();
    bench.add(1);
    bench.clock.turn();
    bench.add(2);
    await bench.answer(12);
    expect(bench.sizes).toEqual([1, 1, 1]);
    bench.add(...range(6, 3));
    await bench.answer(12);
    expect(bench.sizes).toEqual([1, 1, 1, 6]);
    bench.add(9);
    await bench.answer(12);
    // A third of a rest after six; a delay of ten, since a millisecond or two are none.
    expect(bench.clock.lastTimer).toBeCloseTo(10, 1);
    bench.clock.ring();
    bench.add(...range(FULL_ITEMS, 10));
    await bench.answer(2);
    expect(bench.sizes).toEqual([1, 1, 1, 6, 1, FULL_ITEMS]);
  });

  test("with one batch at a time it rests three times as long as the last was delayed, 50 ms at most, and takes what came meanwhile together", async () => {
    const bench = await quick();
    bench.add(...range(FULL_ITEMS));
    bench.clock.turn();
    bench.add(100);
    await bench.answer(12);
    expect(bench.clock.lastTimer).toBeCloseTo(30, 1);
    bench.add(...range(FULL_ITEMS, 101));
    bench.clock.turn();
    await settled();
    expect(bench.sizes).toEqual([1, FULL_ITEMS]);
    bench.clock.ring();
    expect(bench.sizes).toEqual([1, FULL_ITEMS, FULL_ITEMS + 1]);
    await bench.answer(1000);
    expect(bench.clock.lastTimer).toBe(50);
    bench.add(...range(1, 900));
    bench.clock.ring();
    bench.add(...range(1000, 1000));
    await bench.answer(1000);
    // A full batch gains nothing by waiting.
    expect(bench.sizes.at(-1)).toBe(1000);
  });

  test("what is slow for long is believed to be its usual speed", async () => {
    const bench = await quick();
    for (let batch = 0; batch < 3000; batch++) {
      bench.add(...range(FULL_ITEMS));
      bench.clock.turn();
      await bench.answer(12);
      if (bench.clock.lastTimer === 0) return;
      bench.clock.ring();
      bench.clock.lastTimer = 0;
    }
    throw new Error("it still rests after 3,000 batches");
  });
});

/** One batch at a time, of which the first took a millisecond. */
async function quick(): Promise<Bench> {
  const bench = new Bench(() => 1, 1);
  bench.add(0);
  bench.clock.turn();
  await bench.answer(1);
  return bench;
}

describe("failures", () => {
  test("a rejected flush rejects its own items and the next goes on", async () => {
    const bench = new Bench();
    const first = bench.add(1, 2);
    bench.clock.turn();
    const second = bench.add(3);
    const error = new Error("gone");
    await bench.fail(error);
    await bench.answer();
    expect(await first).toEqual([1, 2].map(() => ({ status: "rejected", reason: error })));
    expect(values(await second)).toEqual(["#3"]);
    const third = bench.add(4);
    bench.clock.turn();
    await bench.answer();
    expect(values(await third)).toEqual(["#4"]);
  });

  test("a flush that throws at once is a rejected flush", async () => {
    const clock = new HandClock();
    const error = new Error("at once");
    const coalescer = new Coalescer<number, string>({
      name: "run_inserts",
      clock,
      flushes: 1,
      sizeOf: () => 1,
      flush: () => {
        throw error;
      },
    });
    for (const item of [1, 2]) {
      const result = Promise.allSettled([coalescer.add(item)]);
      clock.turn();
      expect(await result).toEqual([{ status: "rejected", reason: error }]);
    }
  });

  test("what nobody waits for gathers until its time is over, or is enough for a batch", async () => {
    const bench = new Bench(undefined, 1, 50);
    bench.add(1);
    bench.clock.turn();
    bench.add(2);
    expect(bench.batches).toEqual([]);
    bench.clock.ring();
    expect(bench.batches).toEqual([[1, 2]]);
    await bench.answer();
    bench.add(...range(FULL_ITEMS));
    await settled();
    expect(bench.batches[1]).toEqual(range(FULL_ITEMS));
  });

  test("an item that was given no result fails, its neighbours do not", async () => {
    const bench = new Bench();
    const results = bench.add(1, 2);
    bench.clock.turn();
    bench.flushes[0]?.resolve(["one"]);
    const settledResults = await results;
    expect(values(settledResults)).toEqual(["one", undefined]);
    expect(refusals(settledResults).map(({ code }) => code)).toEqual(["internal"]);
  });
});
