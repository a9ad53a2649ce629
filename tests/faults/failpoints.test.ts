/** Promises 1, 2, 4 and 7 at the seams: a process dies right between one system's commit and the next one's. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { FAILPOINTS, type Failpoint } from "../../src/failpoints.ts";
import type { Deployment } from "./deployment/deployment.ts";
import { until } from "./load/waiting.ts";
import { rehearse } from "./rehearsal.ts";

const FULL = process.env.TEST_SIZE === "full";
const NAME = "a process that dies at any of its failpoints loses and doubles nothing";
const ROUNDS = FULL ? 6 : 1;
const PER_SECOND = FULL ? 60 : 30;
/** It dies at one of the first so many times that it gets there. */
const TIMES = 15;
const DIES_MS = 90_000;
/** What a shell says of a child that SIGKILL ended. */
const KILLED = "ended with 137";

setDefaultTimeout(FULL ? 1_800_000 : 600_000);

test(NAME, async () => {
  const rehearsal = {
    file: "tests/faults/failpoints.test.ts",
    name: NAME,
    perSecond: PER_SECOND,
    atLeast: 200 * ROUNDS,
  };
  await rehearse(rehearsal, async ({ deployment, random }) => {
    const died = new Map<Failpoint, number>();
    const dieAt = async (part: string, ...points: Failpoint[]) => {
      for (const point of points) {
        await dies(deployment, part, point, 1 + random.below(TIMES));
        died.set(point, (died.get(point) ?? 0) + 1);
      }
      await deployment.start(part);
    };
    for (let round = 0; round < ROUNDS; round++) {
      // A group that lost a member waits half a minute for it, and claims by message wait with it: so that one is first.
      await Promise.all([dieAt("api-1", "trigger_committed"), dieAt("worker-1", "messages_claimed")]);
      await Promise.all([
        dieAt("worker-1", "due_claimed", "effect_done"),
        dieAt("worker-2", "progress_saved", "end_saved", "completed_published"),
      ]);
    }
    // This load has no schedules and no actions upon many runs: tests/schedules.kills.test.ts and tests/runs.bulk.kills.test.ts die at theirs.
    const reached = FAILPOINTS.filter((point) => !/^(schedules|bulk)_/.test(point));
    expect([...died.keys()].sort()).toEqual(reached.toSorted());
    return { faults: [...died].map(([point, count]) => `${count} × ${point}`).join(", ") };
  });
});

/** Starts a part with a failpoint, and resolves when SIGKILL, which nobody else sends, has ended it there. */
async function dies(deployment: Deployment, part: string, point: Failpoint, time: number): Promise<void> {
  const failpoint = `${point}:${time}`;
  // In good order, so that a worker leaves its group.
  if (point === "messages_claimed") await deployment.stop(part);
  else if (deployment.isAlive(part)) await deployment.kill(part);
  const watched = deployment.startAs(part, ({ command, env, ...launch }) => ({
    ...launch,
    command: ["sh", "-c", '"$@"; echo "ended with $?"', "sh", ...command],
    env: { ...env, FAILPOINT: failpoint },
  }));
  // It may be dead before it is seen at work.
  await watched.catch(() => {});
  await until(`${part} dies at ${failpoint}`, DIES_MS, () => !deployment.isAlive(part));
  const last = deployment.log(part).trimEnd().split("\n").at(-1);
  if (last !== KILLED) throw new Error(`${part} was to die at ${failpoint}, but its log ends with ${last}`);
}
