import { expect, test } from "bun:test";
import { nameOfVersion } from "../../../src/schemas/runs/run.ts";
import type { NewChild, Progress } from "../../../src/storage/port.ts";
import { NewChildren } from "./new-children.ts";

const KEY = { namespace: "default", workflowUuid: "0", version: 1 };
const INPUT = { type: "object", additionalProperties: { type: "object", additionalProperties: { type: "string" } } };

/** What the step is told that starts a run with this payload, of a workflow that takes texts below each key alone. */
async function faultsOf(payload: object): Promise<NewChild["faults"]> {
  const text = JSON.stringify({ name: "child", input: INPUT, steps: [] });
  const children = new NewChildren({ load: async () => new Map([[nameOfVersion(KEY), text]]) });
  const child: NewChild = {
    ...{ path: "0", uuid: null, workflow: "child", version: null, payload: JSON.stringify(payload) },
    ...{ isAwaited: true, isCancelled: false },
  };
  const progress: Progress = {
    ...{ namespace: "default", uuid: "1", token: 1, seq: 0, entries: null, crashes: 0, children: [child] },
    next: { kind: "hold" },
  };
  const made = await children.made(progress, new Map([["0", KEY]]));
  return made.children?.[0]?.faults;
}

test("a step is told which values its workflow does not take", async () => {
  expect(await faultsOf({ order: { n: 1 } })).toEqual([
    { loc: ["payload", "order", "n"], msg: "Input should be a valid string", type: "string_type" },
  ]);
});

test("twenty faults below a key of a million characters take 16 KiB, not twenty million", async () => {
  const wrong = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [String(index), index]));
  const faults = await faultsOf({ ["k".repeat(1_000_000)]: wrong });
  expect(faults).toHaveLength(20);
  expect(JSON.stringify(faults).length).toBeLessThan(16 * 1024);
});
