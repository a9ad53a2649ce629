import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock } from "./clock.fixture.ts";
import { RareWarning } from "./rare-warning.ts";

test("what comes by the thousand is one line a second, with how many came", () => {
  const lines: { run_id: string; count: number; msg: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const clock = new HandClock();
  const warning = new RareWarning(log, clock, "runs wait");
  warning.say({ run_id: "first" });
  for (let count = 0; count < 1000; count++) warning.say({ run_id: "others" });
  clock.time += 999;
  warning.say({ run_id: "soon" });
  clock.time += 1;
  warning.say({ run_id: "last" });
  expect(lines.map(({ run_id, count, msg }) => ({ run_id, count, msg }))).toEqual([
    { run_id: "first", count: 1, msg: "runs wait" },
    { run_id: "last", count: 1002, msg: "runs wait" },
  ]);
});
