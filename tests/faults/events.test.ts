/** What followers of runs are told behind nginx is what happened, whichever process they ask and whichever is killed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Client as Follower } from "../../src/client/index.ts";
import type { RunEvent } from "../../src/schemas/runs/run-event.ts";
import { Client } from "../harness/http/client.ts";
import { Deployment } from "./deployment/deployment.ts";
import { play } from "./deployment/folder.ts";
import { until } from "./load/waiting.ts";

const FULL = process.env.TEST_SIZE === "full";
/** Each has a stream, and `bun test` has 256 requests under way at most. */
const RUNS = FULL ? 200 : 30;
const SIGNALS = 4;
const NAME = `${RUNS} runs that are followed behind nginx, with a kill before each of ${SIGNALS} signals`;
const WITHIN_MS = 60_000;
const STEPS = Array.from({ length: SIGNALS }, (_, at) => [
  { name: `wait${at}`, type: "wait", config: { signal: `go${at}` } },
  { name: `said${at}`, type: "transform", config: { value: `\${wait${at}}` } },
]).flat();

setDefaultTimeout(600_000);

test(NAME, async () => {
  await play("tests/faults/events.test.ts", NAME, async ({ keepsLogsOf, random }) => {
    const deployment = await Deployment.up({ env: { LEASE_SECONDS: "3" } });
    keepsLogsOf(deployment);
    try {
      const [api, follower] = [new Client(deployment.url), new Follower({ url: deployment.url })];
      const workflow = await api.create(STEPS);
      const runs = await Promise.all(Array.from({ length: RUNS }, () => follower.trigger(workflow)));
      const told = new Map<string, RunEvent[]>(runs.map(({ id }) => [id, []]));
      const following = Promise.all(
        runs.map(async (run) => {
          for await (const event of run.events()) told.get(run.id)?.push(event);
        }),
      );
      let failure: unknown = null;
      following.catch((error) => {
        failure = error;
      });
      const victims = ["api-1", "worker-1", "api-2", "worker-2"];
      for (let at = 0; at < SIGNALS; at++) {
        const isWaiting = ({ type, address }: RunEvent) => type === "step.started" && address === `wait${at}`;
        await until(`all are told that wait${at} began`, WITHIN_MS, () => {
          if (failure !== null) throw failure;
          return told.values().every((events) => events.some(isWaiting));
        });
        const victim = victims.splice(random.below(victims.length), 1)[0] ?? "";
        await deployment.kill(victim);
        // While it is down: those who followed it ask the other one.
        await Promise.all(runs.map((run) => run.signal(`go${at}`, at)));
        await deployment.start(victim);
      }
      await following;
      for (const run of runs) {
        const happened = await Array.fromAsync(run.history());
        expect(told.get(run.id)).toEqual(happened);
        expect(happened.map(({ id }) => id)).toEqual(happened.map((_, index) => index + 1));
        expect(happened.at(-1)).toMatchObject({ type: "run.ended", data: { status: "success" } });
      }
    } finally {
      await deployment.down();
    }
  });
});
