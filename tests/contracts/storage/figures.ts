/** What a storage says of what it holds. */
import { expect } from "bun:test";
import { type Check, granted, MINUTE, progress } from "./kit.ts";

export function figuresContract(check: Check): void {
  check(
    "runs that are due and runs that are asleep are counted, and what was counted is kept for a while",
    async (world) => {
      const { storage } = world;
      await world.runs(3);
      await world.run({ graceMilliseconds: MINUTE });
      await world.held();
      const sleeping = [await world.held(), await world.held()];
      const next = { kind: "due", dueAt: world.now() + MINUTE } as const;
      for (const outcome of await storage.saveProgress(sleeping.map((run) => progress(run, { next }))))
        granted(outcome);
      const figures = await storage.figures();
      expect(figures).toMatchObject({ due: 3, asleep: 2, owed: null, oldestEndedAt: null });
      await world.runs(2);
      expect(await storage.figures()).toEqual(figures);
    },
  );
}
