import { expect, test } from "bun:test";
import { HandClock, settled } from "../clock.fixture.ts";
import { Collectors } from "./collector.ts";
import { partUp } from "./gauges.ts";
import { processMemory } from "./process-gauges.ts";
import type { Reading } from "./readings.ts";

function texts(readings: Reading[]): string[] {
  return readings.map(
    ({ family, labels, value }) => `${family.options.name} ${Object.values(labels).join(" ")} ${value}`,
  );
}

test("a collector that fails or takes too long is left out, and the others are there", async () => {
  const clock = new HandClock();
  const never = new Promise<Reading[]>(() => {});
  const collectors = new Collectors(
    () => [
      { name: "process", read: () => [processMemory.at({}, 5)] },
      { name: "readiness", read: () => never },
      {
        name: "readiness",
        read: () => {
          throw new Error("at once");
        },
      },
      { name: "readiness", read: () => Promise.reject(new Error("later")) },
    ],
    clock,
  );
  const read = collectors.read();
  await settled();
  clock.ring();
  expect(texts(await read)).toEqual([
    "process_resident_memory_bytes  5",
    "workflow_collector_up process 1",
    "workflow_collector_up readiness 0",
    "workflow_collector_up readiness 0",
    "workflow_collector_up readiness 0",
  ]);
});

test("all who ask at once share one look, and whoever asks later has another", async () => {
  const looks: PromiseWithResolvers<Reading[]>[] = [];
  const collectors = new Collectors(
    () => [
      {
        name: "readiness",
        read: () => {
          const look = Promise.withResolvers<Reading[]>();
          looks.push(look);
          return look.promise;
        },
      },
    ],
    new HandClock(),
  );
  const asked = Promise.all([collectors.read(), collectors.read(), collectors.read()]);
  await settled();
  expect(looks).toHaveLength(1);
  looks[0]?.resolve([partUp.at({ part: "sqlite" }, 1)]);
  const one = ["workflow_part_up sqlite 1", "workflow_collector_up readiness 1"];
  expect((await asked).map(texts)).toEqual([one, one, one]);
  collectors.read();
  await settled();
  expect(looks).toHaveLength(2);
});
