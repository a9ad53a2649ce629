/** What a storage says of what it holds. */
import { expect } from "bun:test";
import { type Check, granted, MINUTE, progress } from "./kit.ts";

export function figuresContract(check: Check): void {
  check(
    "runs that are due, asleep, waiting or paused are counted, and what was counted is kept for a while",
    async (world) => {
      const { storage } = world;
      await world.runs(3);
      await world.run({ graceMilliseconds: MINUTE });
      await world.held();
      const sleeping = [await world.held(), await world.held()];
      const next = { kind: "due", dueAt: world.now() + MINUTE } as const;
      for (const outcome of await storage.saveProgress(sleeping.map((run) => progress(run, { next }))))
        granted(outcome);
      granted(await world.save(progress(await world.held(), { next: { kind: "due", dueAt: null } })));
      const paused = { namespace: "default", uuid: await world.run(), kind: "pause" } as const;
      for (const outcome of await storage.requestControl([paused])) granted(outcome);
      const workflowUuid = await world.workflow({
        options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true },
      });
      const lined = {
        preparedFor: { workflowUuid, version: 1 },
        turn: { line: "a", most: 1, onLimit: "queue", rate: null },
      } as const;
      const items = [world.newRun(workflowUuid, lined), world.newRun(workflowUuid, lined)];
      for (const outcome of await storage.insertRuns(items)) granted(outcome);
      const figures = await storage.figures();
      expect(figures).toMatchObject({ due: 4, asleep: 2, waiting: 1, inLine: 1, paused: 1 });
      await world.runs(2);
      expect(figures).toMatchObject({ owed: null, oldestOwedAt: null, oldestEndedAt: null });
      expect(await storage.figures()).toEqual(figures);
    },
  );
}
