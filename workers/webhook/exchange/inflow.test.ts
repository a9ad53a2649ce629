import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Inflow } from "./inflow.ts";

const MIB = 1024 * 1024;

let held = 0;
let time = 0;
const monotonic = performance.now;
beforeEach(() => {
  jest.useFakeTimers();
  held = time = 0;
  performance.now = () => time;
});
afterEach(() => {
  performance.now = monotonic;
  jest.useRealTimers();
});

function pass(milliseconds: number): void {
  for (let passed = 0; passed < milliseconds; passed += 5) {
    time += 5;
    jest.advanceTimersByTime(5);
  }
}

class Reply {
  isHeld = false;
  gaveUp = false;
  bytes = 0;
  readonly host: string;
  readonly #inflow: Inflow;
  constructor(inflow: Inflow, host = "large") {
    this.host = host;
    this.#inflow = inflow;
    inflow.expect(this);
  }
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
  }
  come(bytes: number): void {
    held += bytes;
    this.bytes += bytes;
    this.#inflow.came(this, bytes);
  }
  giveUp(): void {
    held -= this.bytes;
    this.gaveUp = true;
    this.#inflow.over(this, false);
  }
  end(): void {
    this.#inflow.over(this, true);
  }
}

const going = (replies: Reply[]) => replies.flatMap(({ isHeld }, index) => (isHeld ? [] : [index]));

test("beyond 2 MiB the four that began first go on, and the next when one of them is over", () => {
  const inflow = new Inflow(() => held);
  const replies = Array.from({ length: 10 }, () => new Reply(inflow));
  for (const reply of replies.slice(0, 8).reverse()) reply.come(MIB / 4);
  expect(going(replies)).toEqual(replies.map((_, index) => index));
  replies[0]?.come(1);
  expect(going(replies)).toEqual([4, 5, 6, 7]);
  replies[7]?.end();
  pass(10);
  expect(going(replies)).toEqual([3, 4, 5, 6, 7]);
  expect(new Reply(inflow).isHeld).toBe(true);
});

test("hosts that send small replies go on, unless many others send their first large one", () => {
  const inflow = new Inflow(() => held);
  const replies = ["a", "a", "b", "c"].map((host) => new Reply(inflow, host));
  replies[2]?.come(1000);
  replies[0]?.come(3 * MIB);
  expect(going(replies)).toEqual([0, 2, 3]);
  expect(new Reply(inflow, "d").isHeld).toBe(false);
  replies[3]?.come(4 * MIB);
  expect(new Reply(inflow, "e").isHeld).toBe(true);
  held = 2 * MIB;
  pass(5);
  const [small, large] = [new Reply(inflow, "f"), new Reply(inflow, "c")];
  expect([small.isHeld, large.isHeld]).toEqual([false, true]);
});

test("when half of it is persisted, all go on, some at a time", () => {
  const inflow = new Inflow(() => held);
  const replies = Array.from({ length: 100 }, () => new Reply(inflow));
  replies[0]?.come(5 * MIB);
  expect(going(replies)).toEqual([0]);
  held = MIB;
  pass(5);
  expect(going(replies).length).toBe(65);
  pass(5);
  expect(going(replies).length).toBe(100);
  expect(going([new Reply(inflow)])).toEqual([0]);
});

test("replies that stall, and their bytes, keep nobody from going on", () => {
  const inflow = new Inflow(() => held);
  const stalled = Array.from({ length: 6 }, () => new Reply(inflow));
  for (const reply of stalled) reply.come(MIB - 1000);
  const other = new Reply(inflow, "other");
  pass(10);
  expect([going(stalled), other.isHeld]).toEqual([[0, 1, 2, 3], false]);
  pass(2010);
  expect(going([...stalled, other, new Reply(inflow), new Reply(inflow, "other")])).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ]);
  other.come(MIB);
  other.come(MIB / 2);
  expect(going([other, new Reply(inflow, "other")])).toEqual([0, 1]);
});

test("of replies that stall with more than 32 MiB the ones that did so first are given up", () => {
  const inflow = new Inflow(() => held);
  const stalled = Array.from({ length: 40 }, () => new Reply(inflow));
  for (const reply of stalled) {
    reply.come(MIB - 1000);
    pass(1010);
  }
  const gaveUp = stalled.flatMap(({ gaveUp }, index) => (gaveUp ? [index] : []));
  expect(gaveUp.length).toBeGreaterThan(10);
  expect(gaveUp).toEqual(gaveUp.map((_, index) => index));
  expect(held).toBeLessThan(34 * MIB);
});

test("of many replies of an unknown host 64 are read between two looks; of one that is known to send small ones all are", () => {
  const inflow = new Inflow(() => held);
  const replies = Array.from({ length: 200 }, () => new Reply(inflow, "unknown"));
  expect(going(replies)).toHaveLength(64);
  pass(5);
  expect(going(replies)).toHaveLength(128);
  pass(10);
  expect(going(replies)).toHaveLength(200);
  replies[0]?.come(100);
  replies[0]?.end();
  const more = Array.from({ length: 200 }, () => new Reply(inflow, "unknown"));
  expect(going(more)).toHaveLength(200);
});

test("a host is known for small replies by one without a body, and not by one that broke off", () => {
  const inflow = new Inflow(() => held);
  new Reply(inflow, "empty").end();
  new Reply(inflow, "broken").giveUp();
  const replies = (host: string) => Array.from({ length: 100 }, () => new Reply(inflow, host));
  expect(going(replies("empty"))).toHaveLength(100);
  expect(going(replies("broken"))).toHaveLength(62);
});

test("replies of unknown hosts go on beside those of a host that sends large ones", () => {
  const inflow = new Inflow(() => held);
  const large = Array.from({ length: 10 }, () => new Reply(inflow, "large"));
  for (const reply of large) reply.come(MIB / 4);
  const replies = Array.from({ length: 100 }, (_, index) => new Reply(inflow, `host ${index}`));
  pass(10);
  expect(going(replies)).toHaveLength(100);
  expect(going(large)).toHaveLength(4);
});
