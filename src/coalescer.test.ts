import { describe, expect, test } from "bun:test";
import type { Clock } from "./clock.ts";
import { Coalescer } from "./coalescer.ts";
import { PlatformError } from "./errors.ts";

const MAX_ITEMS = 1000;
const FULL_ITEMS = 16;
const MAX_FLUSHES = 4;
const MIB = 1024 * 1024;

/** A clock that moves, and turns the event loop, only when it is told to. */
class HandClock implements Clock {
  time = 0;
  timers = 0;
  #turns: (() => void)[] = [];

  now = () => this.time;
  monotonic = () => this.time;
  timer = () => {
    this.timers++;
    return () => {};
  };
  nextTurn = (callback: () => void) => {
    this.#turns.push(callback);
  };

  get pendingTurns(): number {
    return this.#turns.length;
  }

  turn(): void {
    const turns = this.#turns;
    this.#turns = [];
    for (const callback of turns) callback();
  }
}

interface Flush {
  items: number[];
  resolve(results: string[]): void;
  reject(error: unknown): void;
}

/** A coalescer of numbers whose flushes are answered by hand. */
class Bench {
  readonly clock = new HandClock();
  readonly flushes: Flush[] = [];
  readonly coalescer: Coalescer<number, string>;
  #answered = 0;

  constructor(sizeOf: (item: number) => number = () => 1) {
    this.coalescer = new Coalescer<number, string>({
      clock: this.clock,
      sizeOf,
      flush: (items) => new Promise((resolve, reject) => this.flushes.push({ items, resolve, reject })),
    });
  }

  /** Adds items and settles to what became of each. */
  add(...items: number[]): Promise<PromiseSettledResult<string>[]> {
    return Promise.allSettled(items.map((item) => this.coalescer.add(item)));
  }

  /** As many batches under way as there may be. */
  occupy(): void {
    this.add(...range(FULL_ITEMS * MAX_FLUSHES, -FULL_ITEMS * MAX_FLUSHES));
  }

  /** The batches that were sent so far. */
  get batches(): number[][] {
    return this.flushes.map(({ items }) => items);
  }

  get underWay(): boolean {
    return this.flushes.length > this.#answered;
  }

  /** Answers the oldest open flush after so many milliseconds. */
  async answer(milliseconds = 0): Promise<void> {
    const flush = this.flushes[this.#answered++];
    if (flush === undefined) throw new Error("no flush is under way");
    this.clock.time += milliseconds;
    flush.resolve(flush.items.map((item) => `#${item}`));
    await settled();
  }

  async fail(error: unknown): Promise<void> {
    this.flushes[this.#answered++]?.reject(error);
    await settled();
  }
}

/** Lets every promise that is ready go on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function range(count: number, start = 0): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

function values(results: PromiseSettledResult<string>[]): (string | undefined)[] {
  return results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
}

/** The errors of what was refused. */
function refusals(results: PromiseSettledResult<string>[]): PlatformError[] {
  return results.flatMap((result) => {
    if (result.status === "fulfilled") return [];
    if (!(result.reason instanceof PlatformError)) throw result.reason;
    return [result.reason];
  });
}

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
    const results = bench.add(...range(70));
    expect(bench.batches).toEqual([range(16), range(16, 16), range(16, 32), range(16, 48)]);
    // Six wait: too few for a batch of their own while others are under way.
    for (let flush = 0; flush < 3; flush++) await bench.answer();
    expect(bench.flushes).toHaveLength(4);
    await bench.answer();
    expect(bench.batches[4]).toEqual(range(6, 64));
    await bench.answer();
    expect(values(await results)).toEqual(range(70).map((item) => `#${item}`));
  });

  test("what waits behind four is sent when the first of them is answered, all of it at once", async () => {
    const bench = new Bench();
    bench.occupy();
    bench.add(...range(100));
    expect(bench.flushes).toHaveLength(4);
    await bench.answer();
    expect(bench.batches[4]).toEqual(range(100));
  });

  test("the turn that was asked for finds its items sent already, and sends nothing", async () => {
    const bench = new Bench();
    bench.add(...range(16));
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
    { name: "at most 4 MiB", items: 10, sizeOf: () => MIB, batches: [4, 4, 2] },
    { name: "an item over 4 MiB goes alone", items: 3, sizeOf: () => 5 * MIB, batches: [1, 1, 1] },
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
      bench.occupy();
      const results = bench.add(...range(items));
      while (bench.underWay) await bench.answer();
      const sent = bench.batches.slice(MAX_FLUSHES);
      expect(sent.map(({ length }) => length)).toEqual(batches);
      expect(sent.flat()).toEqual(range(items));
      expect(values(await results)).toEqual(range(items).map((item) => `#${item}`));
    });
  }
});

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
      clock,
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

describe("overload", () => {
  test("by bytes: over 64 MiB waiting is refused at once, and taken again when they are gone", async () => {
    const bench = new Bench((item) => (item < 0 ? 1 : 4 * MIB));
    bench.occupy();
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
    // An item over 4 MiB is a batch of its own: 3 s each.
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
