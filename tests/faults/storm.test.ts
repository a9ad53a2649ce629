/** Promises 1, 2, 4 and 7, while every part of a deployment is killed, singly and in pairs, under load. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { messageOf } from "../../src/errors.ts";
import type { Random } from "../simulation/scheduler.ts";
import type { Deployment } from "./deployment/deployment.ts";
import { until } from "./load/waiting.ts";
import { rehearse } from "./rehearsal.ts";

const FULL = process.env.TEST_SIZE === "full";
const NAME = "every run ends once, as it would have without the kills";
/** A kill comes when so many more triggers were answered 200 than at the one before. */
const BETWEEN = FULL ? 150 : 30;
const ROUNDS = FULL ? 14 : 1;
const KILLS = FULL ? 18 * ROUNDS : 9;
const LONGEST_PAUSE_MS = 500;
const RECOVERS_MS = 90_000;

setDefaultTimeout(FULL ? 3_600_000 : 600_000);

test(NAME, async () => {
  const rehearsal = {
    file: "tests/faults/storm.test.ts",
    name: NAME,
    perSecond: FULL ? 100 : 30,
    atLeast: BETWEEN * 6,
    hasConstructs: true,
  };
  await rehearse(rehearsal, async ({ deployment, load, random }) => {
    const kills = new Map<string, number>();
    const restarts = new Map<string, Promise<string>>();
    for (const victims of plan(deployment.names, random)) {
      const enough = load.accepted + BETWEEN;
      await Promise.all(victims.map((name) => restarts.get(name)));
      await until(`${BETWEEN} more are accepted`, RECOVERS_MS, () => load.accepted >= enough);
      await Promise.all(victims.map((name) => deployment.kill(name)));
      for (const name of victims) {
        kills.set(name, (kills.get(name) ?? 0) + 1);
        // Nobody waits for it: what is next may be killed while this one is still coming up.
        restarts.set(name, restart(deployment, name, random.below(LONGEST_PAUSE_MS)));
      }
    }
    expect(await Promise.all(restarts.values())).toEqual(deployment.names.map(() => "started"));
    const counts = [...kills].map(([name, count]) => `${name} ${count}`);
    expect([...kills.values()].reduce((sum, count) => sum + count, 0)).toBe(KILLS);
    return { faults: `${KILLS} × kill -9 (${counts.join(", ")})` };
  });
});

/** Resolves with what went wrong, if anything did: it may be over long before somebody asks. */
async function restart(deployment: Deployment, name: string, pauseMs: number): Promise<string> {
  await Bun.sleep(pauseMs);
  try {
    await deployment.start(name);
    return "started";
  } catch (error) {
    return messageOf(error);
  }
}

/** Every part alone and within pairs, in seeded order; in the short form either. */
function plan(names: string[], random: Random): string[][] {
  if (!FULL) return inTurn(shuffled(names, random), 1, 2);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const singly = names.map((name) => [name]);
    return shuffled([...singly, ...inTurn(shuffled(names, random), 2, 2)], random);
  });
  return rounds.flat();
}

/** Groups of one size and the other, in turn. */
function inTurn<Item>(items: Item[], size: number, next: number): Item[][] {
  return items.length === 0 ? [] : [items.slice(0, size), ...inTurn(items.slice(size), next, size)];
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const keyed = items.map((item) => ({ item, key: random.next() }));
  return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
}
