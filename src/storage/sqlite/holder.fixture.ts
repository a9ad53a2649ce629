/**
 * A process that holds a data folder until it is killed: `bun holder.fixture.ts <folder> [<runs>]`. It stores so many
 * runs, claims them, has every second one sleep until SLEEP_UNTIL, and prints a line of JSON when all of it is stored.
 */
import { systemClock } from "../../clock.ts";
import { StartError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Progress } from "../port.ts";
import { openFileStorage } from "./index.ts";

/** The next century, so that no test ever sees it come. */
export const SLEEP_UNTIL = Date.UTC(2100, 0, 1);

async function hold(folder: string, count: number): Promise<string[]> {
  const storage = await openFileStorage({ folder, synchronous: "FULL", onDeath: () => process.exit(2) });
  const workflow = newId(systemClock.now());
  const namespace = "default";
  await storage.insertWorkflows([
    { uuid: workflow, namespace, id: null, name: "held", description: null, steps: "[]" },
  ]);
  const runs = Array.from({ length: count }, () => newId(systemClock.now()));
  await storage.insertRuns(
    runs.map((uuid) => ({
      uuid,
      namespace,
      workflow,
      payload: "{}",
      depth: 0,
      traceparent: null,
      graceMilliseconds: 3_600_000,
      claim: null,
      progress: null,
    })),
  );
  const worker = newId(systemClock.now());
  await storage.startLease({ worker, leaseMilliseconds: 3_600_000 });
  const claimed = await storage.claimByMessage({
    worker,
    runs: runs.map((uuid) => ({ namespace, uuid })),
    claimId: newId(systemClock.now()),
    maxBytes: 1_000_000,
  });
  const sleeping: Progress[] = claimed
    .filter(({ uuid }) => runs.indexOf(uuid) % 2 === 1)
    .map(({ uuid, token }) => ({
      namespace,
      uuid,
      token,
      seq: 0,
      entries: "[]",
      crashes: 0,
      next: { kind: "due", dueAt: SLEEP_UNTIL },
    }));
  await storage.saveProgress(sleeping);
  return runs;
}

if (import.meta.main) {
  const [folder = "", count = "0"] = process.argv.slice(2);
  const runs = await hold(folder, Number(count)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof StartError ? "StartError: " : ""}${String(error)}\n`);
    process.exit(1);
  });
  // Nothing refers to the storage any more: the folder is held all the same.
  for (let round = 0; round < 5; round++) {
    await Bun.sleep(5);
    Bun.gc(true);
  }
  process.stdout.write(`${JSON.stringify({ runs })}\n`);
  setInterval(() => {}, 1000);
}
