import { expect, test } from "bun:test";
import { HandClock, settled } from "../clock.fixture.ts";
import { SharedReads } from "./reads.ts";

test("a read that is rejected as overloaded is asked again by whoever comes later", async () => {
  const clock = new HandClock();
  const batches: { keys: string[]; answer(): void }[] = [];
  const reads = new SharedReads<string, string>(
    "run_reads",
    clock,
    1,
    (key) => key,
    (keys) => new Promise((resolve) => batches.push({ keys, answer: () => resolve(keys) })),
  );
  const flushed = async (): Promise<void> => {
    clock.ring();
    clock.turn();
    await settled();
  };
  const first = reads.get("slow");
  await flushed();
  // A batch that took so long has the next ones be predicted to take too long as well.
  clock.time = 60_000;
  batches[0]?.answer();
  expect(await first).toBe("slow");
  const waiting = reads.get("waiting");
  const refused = await reads.get("refused").catch((error: unknown) => String(error));
  expect(refused).toContain("Too much work is waiting");
  await flushed();
  const again = reads.get("refused").catch((error: unknown) => String(error));
  batches[1]?.answer();
  await flushed();
  await flushed();
  batches[2]?.answer();
  expect(await Promise.all([waiting, again])).toEqual(["waiting", "refused"]);
});
