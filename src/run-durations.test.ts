import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "./clock.fixture.ts";
import { RunDurations } from "./run-durations.ts";
import { ALL_WORKFLOWS, bucketOf, type DurationCount } from "./storage/port/finding/durations.ts";

function opened() {
  const clock = new HandClock();
  const written: DurationCount[][] = [];
  let isOut = false;
  const addDurations = async (items: DurationCount[]) => {
    if (isOut) throw new Error("out");
    written.push(items);
  };
  const durations = new RunDurations({ addDurations }, clock, pino({ level: "silent" }));
  const add = (workflowUuid: string, milliseconds: number) =>
    durations.add({ namespace: "n", workflowUuid, status: "success", milliseconds });
  const breakStorage = (isBroken: boolean) => {
    isOut = isBroken;
  };
  return { clock, durations, written, add, breakStorage };
}

test("runs are added up by workflow, minute and bucket, and written once", async () => {
  const { clock, durations, written, add } = opened();
  const minute = Math.floor(clock.now() / 60_000);
  for (const took of [5, 5, 900]) add("a", took);
  add("b", 5);
  durations.add({ namespace: "n", workflowUuid: "a", status: "cancelled", milliseconds: 5 });
  durations.add({ namespace: "n", workflowUuid: "a", status: "failed", milliseconds: 5 });
  await durations.write();
  const of = (workflowUuid: string, took: number, count: number) => ({
    ...{ namespace: "n", workflowUuid, minute, bucket: bucketOf(took), count },
  });
  const all = [of("a", 5, 3), of("a", 900, 1), of("b", 5, 1), of(ALL_WORKFLOWS, 5, 4), of(ALL_WORKFLOWS, 900, 1)];
  expect(written).toEqual([all]);
  await durations.write();
  expect(written).toHaveLength(1);
});

test("each minute has its own, and what the storage does not take is written later", async () => {
  const { clock, written, add, breakStorage } = opened();
  breakStorage(true);
  const minute = Math.floor(clock.now() / 60_000);
  add("a", 5);
  clock.time += 60_000;
  add("a", 5);
  clock.ring();
  await settled();
  expect(written).toEqual([]);
  breakStorage(false);
  clock.ring();
  await settled();
  expect(written.flat().map(({ workflowUuid, minute: at, count }) => [workflowUuid, at - minute, count])).toEqual([
    ["a", 0, 1],
    [ALL_WORKFLOWS, 0, 1],
    ["a", 1, 1],
    [ALL_WORKFLOWS, 1, 1],
  ]);
});
