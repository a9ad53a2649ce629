/** How far runs have come, of those of which that is small. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { MOST_PROGRESS } from "../../../src/storage/port/finding/looks.ts";
import { type Check, entriesText, granted, keysOf, NAMESPACE, pathsOf, progress, uuidsOf, type World } from "./kit.ts";

const END = { kind: "end", status: "success", error: null } as const;
const WAIT = { kind: "due", dueAt: null } as const;

const cancel = (world: World, uuid: string) =>
  world.storage.requestControl([{ namespace: NAMESPACE, uuid, kind: "cancel" }]);

export function smallProgressContract(check: Check): void {
  check("of what is small it tells how far a run has come, as its results say, or its log", async (world) => {
    const pending = await world.run();
    const [held, ended, cancelled] = [await world.held(), await world.held(), await world.held()];
    granted(await world.save(progress(held, { entries: entriesText("0", "1") })));
    const stepResults = '{"a":{"step_name":"a","status":"success"}}';
    granted(await world.save(progress(ended, { next: { ...END, stepResults } })));
    granted(await world.save(progress(cancelled, { entries: entriesText("0"), next: WAIT })));
    await cancel(world, cancelled.uuid);
    const theirs = { namespace: "theirs", uuid: pending };
    const keys = [...keysOf([pending, held.uuid, ended.uuid, cancelled.uuid, newId(world.now())]), theirs];
    const found = await world.storage.findSmallProgress(keys);
    expect(found.map((one) => one && (one.stepResults === null ? pathsOf(one) : JSON.parse(one.stepResults)))).toEqual([
      ...[[], ["0", "1"], JSON.parse(stepResults), ["0"]],
      ...[null, null],
    ]);
  });

  check("of what is long, or more than it may read at once, it tells nothing", async (world) => {
    const noise = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)).toHex();
    const entries = (bytes: number) => JSON.stringify([[noise(bytes), {}, null]]);
    const [results, log, rows] = [await world.held(), await world.held(), await world.held()];
    const stepResults = JSON.stringify({ a: { step_name: "a", output: noise(MOST_PROGRESS.each) } });
    granted(await world.save(progress(results, { next: { ...END, stepResults } })));
    granted(await world.save(progress(log, { entries: entries(MOST_PROGRESS.each) })));
    for (let seq = 0; seq <= MOST_PROGRESS.rows; seq++) {
      const next = seq === MOST_PROGRESS.rows ? WAIT : undefined;
      granted(await world.save({ ...progress(rows, { entries: entriesText("0"), ...(next && { next }) }), seq }));
    }
    await cancel(world, rows.uuid);
    expect(await world.storage.findSmallProgress(keysOf(uuidsOf([results, log, rows])))).toEqual([null, null, null]);
    // Repeated, it takes little room where it is compressed.
    const repeated = { ...END, stepResults: JSON.stringify({ a: "x".repeat(100_000) }) };
    const packed = await world.held();
    granted(await world.save(progress(packed, { next: repeated })));
    expect(await world.storage.findSmallProgress(keysOf([packed.uuid]))).toEqual([null]);
    const size = MOST_PROGRESS.each * 0.9;
    const many: string[] = [];
    for (let bytes = 0; bytes < MOST_PROGRESS.together + 2 * size; bytes += size) {
      await world.pass(1);
      const run = await world.held();
      granted(await world.save(progress(run, { entries: entries(size / 2) })));
      many.push(run.uuid);
    }
    const found = await world.storage.findSmallProgress(keysOf(many.toSorted()));
    const told = found.map((one) => one !== null);
    expect(told.filter((isTold) => isTold).length).toBe(Math.floor(MOST_PROGRESS.together / (size + 20)));
    expect(told).toEqual(told.toSorted((one, other) => Number(one) - Number(other)));
  });
}
