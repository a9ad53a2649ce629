import { expect, test } from "bun:test";
import { HandClock, settled } from "../../../clock.fixture.ts";
import { PlatformError } from "../../../errors.ts";
import { ArrivingBodies } from "./arriving.ts";

test("a body that takes 30 s is given up, one that is whole before is read, and others go on", async () => {
  const clock = new HandClock();
  const bodies = new ArrivingBodies(clock);
  const at = (seconds: number) => {
    clock.time = seconds * 1000;
    clock.ring();
  };
  const ended: string[] = [];
  const arriving = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    bodies.whole(promise).then(
      (text) => ended.push(`${name}: ${text}`),
      (error) => ended.push(`${name}: ${error instanceof PlatformError ? error.code : error}`),
    );
    return { resolve, reject };
  };

  const quick = arriving("quick");
  const slow = arriving("slow");
  const broken = arriving("broken");
  quick.resolve("whole");
  broken.reject("broke off");
  at(10);
  const later = arriving("later");
  at(29.9);
  await settled();
  expect(ended).toEqual(["quick: whole", "broken: incomplete_body"]);
  at(30);
  await settled();
  expect(ended.splice(0)).toEqual(["quick: whole", "broken: incomplete_body", "slow: request_timeout"]);

  slow.resolve("whole at last");
  later.resolve("whole");
  await settled();
  expect(ended).toEqual(["later: whole"]);
  // Nothing is looked after any more, and the next body is.
  at(31);
  const timers = clock.timers;
  at(32);
  expect(clock.timers).toBe(timers);
  arriving("last");
  at(62);
  await settled();
  expect(ended).toEqual(["later: whole", "last: request_timeout"]);
});
