import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../clock.fixture.ts";
import { RunEnds } from "../run-ends.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import { MOST_WAITING, RunWaits } from "./run-waits.ts";

const run = (uuid: string): RunKey => ({ namespace: "default", uuid });
const STAYS = new AbortController().signal;

function waits() {
  const clock = new HandClock();
  const ends = new RunEnds();
  const looks: string[][] = [];
  const over = new Set<string>();
  let isOut = false;
  const storage = {
    async endedRuns(keys: RunKey[]) {
      looks.push(keys.map(({ uuid }) => uuid));
      if (isOut) throw new Error("out");
      return keys.filter(({ uuid }) => over.has(uuid));
    },
  };
  const service = new RunWaits({ storage, ends, clock, log: pino({ level: "silent" }) });
  const begin = (uuid: string, gone = STAYS) => {
    const place = service.enter();
    const waiting = { isOver: false };
    place.until(run(uuid), 1000, gone).then(() => {
      waiting.isOver = true;
      place.leave();
    });
    return waiting;
  };
  const fail = (value: boolean) => {
    isOut = value;
  };
  return { clock, ends, looks, over, service, begin, fail };
}

/** Lets what is due happen: the turn, or the timers. */
async function next(act: () => void): Promise<void> {
  act();
  await settled();
}

test("whoever waits is told of an end in this process at once, all that wait for the run together", async () => {
  const { clock, ends, begin } = waits();
  const [one, two, other] = [begin("a"), begin("a"), begin("b")];
  await next(() => clock.turn());
  expect([one, two, other].map(({ isOver }) => isOver)).toEqual([false, false, false]);
  await next(() => ends.tell(run("a")));
  expect([one, two, other].map(({ isOver }) => isOver)).toEqual([true, true, false]);
});

test("a run that ended before is found by one look at those that came in the same turn", async () => {
  const { clock, looks, over, begin } = waits();
  over.add("a");
  const [one, other] = [begin("a"), begin("b")];
  await next(() => clock.turn());
  expect(looks).toEqual([["a", "b"]]);
  expect([one.isOver, other.isOver]).toEqual([true, false]);
});

test("runs that end elsewhere are found by looks at all of them, which end with the last", async () => {
  const { clock, looks, over, begin, fail } = waits();
  const [one, other] = [begin("a"), begin("b")];
  await next(() => clock.turn());
  // Timers ring for the looks and for the ends of the waits alike: here nobody's time is told by them.
  over.add("a");
  fail(true);
  await next(() => clock.turn());
  expect(one.isOver).toBe(false);
  fail(false);
  await next(() => clock.ring());
  expect(looks.at(-1)).toEqual(["a", "b"]);
  expect([one.isOver, other.isOver]).toEqual([true, true]);
});

test("a client that goes away frees its place, and whoever comes above the most is refused", async () => {
  const { service, begin } = waits();
  const gone = new AbortController();
  begin("a", gone.signal);
  const places = Array.from({ length: MOST_WAITING - 1 }, () => service.enter());
  expect(() => service.enter()).toThrow("nothing was started");
  await next(() => gone.abort());
  const place = service.enter();
  expect(() => service.enter()).toThrow("nothing was started");
  // A place that is given back twice is one place.
  place.leave();
  place.leave();
  service.enter();
  expect(() => service.enter()).toThrow("nothing was started");
  expect(places).toHaveLength(MOST_WAITING - 1);
});

test("when the process stops nobody waits any longer, nor begins to", async () => {
  const { service, begin } = waits();
  const before = begin("a");
  await next(() => service.stop());
  const after = begin("b");
  await settled();
  expect([before.isOver, after.isOver]).toEqual([true, true]);
});
