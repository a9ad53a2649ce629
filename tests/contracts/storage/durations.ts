/** How long runs took: what processes have added up is told minute by minute, then by hour. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { HOURS_KEPT_MINUTES, MINUTES_KEPT } from "../../../src/storage/port/finding/counts.ts";
import { ALL_WORKFLOWS, type DurationCount } from "../../../src/storage/port/finding/durations.ts";
import { type Check, MINUTE, NAMESPACE, type World } from "./kit.ts";

const minuteOf = (world: World) => Math.floor(world.now() / MINUTE);
const item = (workflowUuid: string, minute: number, bucket: number, count: number): DurationCount => ({
  ...{ namespace: NAMESPACE, workflowUuid, minute, bucket, count },
});

async function found(world: World, from: number, workflows: string[], namespace = NAMESPACE) {
  const rows = await world.storage.findDurations({ namespace, from, workflows });
  const sums = new Map<string, number>();
  for (const { workflowUuid, bucket, count } of rows) {
    const name = `${workflows.indexOf(workflowUuid)} ${bucket}`;
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return Object.fromEntries([...sums].toSorted());
}

export function durationsContract(check: Check): void {
  check("what is added is summed up by workflow and bucket, from a minute on", async (world) => {
    const [one, other, left] = [newId(world.now()), newId(world.now()), newId(world.now())];
    const minute = minuteOf(world);
    await world.storage.addDurations([
      ...[item(one, minute, 5, 2), item(one, minute, 9, 1), item(one, minute - 1, 5, 3), item(one, minute - 9, 5, 7)],
      ...[item(other, minute, 5, 1), item(left, minute, 5, 1), item(ALL_WORKFLOWS, minute, 5, 4)],
    ]);
    // Two processes, and one of them twice.
    const more = [item(one, minute, 5, 10), item(one, minute, 7, 1), item(one, minute, 5, 100)];
    await Promise.all([world.storage.addDurations(more), world.storage.addDurations([...more].reverse())]);
    const asked = [one, other, ALL_WORKFLOWS];
    expect(await found(world, minute - 5, asked)).toEqual({ "0 5": 225, "0 7": 2, "0 9": 1, "1 5": 1, "2 5": 4 });
    expect(await found(world, minute - 15, [one])).toEqual({ "0 5": 232, "0 7": 2, "0 9": 1 });
    expect(await found(world, minute - 5, [])).toEqual({});
    expect(await found(world, minute - 5, asked, "others")).toEqual({});
    await world.storage.addDurations([]);
  });

  check("minutes are put together by hour after two hours, and dropped after eight days", async (world) => {
    const workflow = newId(world.now());
    const minute = minuteOf(world);
    const hour = minute - (minute % 60);
    const [before, long] = [hour - MINUTES_KEPT - 60, hour - HOURS_KEPT_MINUTES - 60];
    const items = [minute, before + 1, before + 59, before - 60, long].map((at) => item(workflow, at, 5, 1));
    await world.storage.addDurations([...items, item(workflow, before, 9, 1)]);
    const all = () => found(world, hour - 24 * 60, [workflow]);
    expect(await all()).toMatchObject({ "0 5": expect.any(Number) });
    for (let time = 0; time < 2; time++) {
      await world.storage.maintain(null);
      expect(await all()).toEqual({ "0 5": 4, "0 9": 1 });
    }
    expect(await found(world, before, [workflow])).toEqual({ "0 5": 3, "0 9": 1 });
    // What comes late is put together with what was.
    await world.storage.addDurations([item(workflow, before + 2, 5, 5)]);
    await world.storage.maintain(null);
    expect(await found(world, before, [workflow])).toEqual({ "0 5": 8, "0 9": 1 });
    expect(await found(world, long - 60, [workflow])).toEqual({ "0 5": 9, "0 9": 1 });
  });
}
