/** Three brokers: any of them may be killed under load, and with two killed triggers go on as without Kafka. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { kafkaAddress } from "../../infrastructure/local/services.ts";
import { stackDown, stackSettings } from "../../infrastructure/local/stack.ts";
import { at } from "../harness/http/json.ts";
import { laneFolder } from "../harness/lane.ts";
import type { Deployment } from "./deployment/deployment.ts";
import { quicknessIn, type Window, windowOf } from "./load/quickness.ts";
import { until } from "./load/waiting.ts";
import { rehearse } from "./rehearsal.ts";

const FULL = process.env.TEST_SIZE === "full";
const NAME = "of three brokers one may be killed, and then a second: no trigger fails, and nothing is lost";
const BROKERS = ["kafka", "kafka-2", "kafka-3"];
const PER_SECOND = FULL ? 300 : 10;
/** Times are taken for so long. */
const WINDOW_MS = FULL ? 10_000 : 3_000;
/** By then all is as quick as before; the short form shares the machine with other tests, and shows the times alone. */
const BACK_MS = 10_000;
/** Runs that no message brings to a worker take longer than that, and a machine that does other things as well does not. */
const NOISE_MS = 1_000;
const WITHOUT_MS = FULL ? 20_000 : 3_000;
const ANSWERS_MS = 120_000;
const LOOK_MS = 500;

setDefaultTimeout(FULL ? 1_200_000 : 300_000);

afterAll(async () => {
  const settings = stackSettings({ STACK_DIR: `.tools/${laneFolder("fault-stack-brokers")}` });
  await stackDown(settings, { data: "remove" });
});

test(NAME, async () => {
  const rehearsal = {
    file: "tests/faults/brokers.test.ts",
    name: NAME,
    perSecond: PER_SECOND,
    atLeast: PER_SECOND * 10,
    settings: { brokers: 3, apis: FULL ? 2 : 1, workers: FULL ? 2 : 1 } as const,
  };
  await rehearse(rehearsal, async ({ deployment, load, kinds, folder }) => {
    const inSync = (brokers: number) =>
      until(`every partition is on ${brokers} brokers`, ANSWERS_MS, () => isOn(brokers, deployment), LOOK_MS);
    const more = async (when: string) => {
      const enough = load.accepted + PER_SECOND;
      await until(`triggers are accepted ${when}`, ANSWERS_MS, () => load.accepted > enough);
    };
    await inSync(3);
    await until("a worker is in the group", ANSWERS_MS, () => deployment.log("worker-1").includes("joined the group"));
    await more("by all three");
    const before = await windowOf(WINDOW_MS);
    const after: Window[] = [];
    // In the short form the one whose loss takes longest: the others have to elect a leader before they can find it gone.
    const victims = FULL ? BROKERS : [leaderIn(deployment.folder)];
    for (const [index, victim] of victims.entries()) {
      await deployment.kill(victim);
      await Bun.sleep(BACK_MS);
      after.push(await windowOf(WINDOW_MS));
      if (index === victims.length - 1) break;
      await deployment.start(victim);
      await inSync(3);
    }
    const gone = victims.at(-1) ?? "";
    const other = BROKERS.find((name) => name !== gone) ?? "";
    await deployment.kill(other);
    const without = await windowOf(WITHOUT_MS);
    await more("by one that may take nothing");
    await until("its readiness says that Kafka takes nothing", ANSWERS_MS, async () => {
      const ready = await fetch(`${deployment.url}/health/ready`);
      expect(ready.status).toBe(200);
      return at(await ready.json(), "parts", "kafka") !== "up";
    });
    // With two of them everything goes on.
    await deployment.start(other);
    await inSync(2);

    const asked = { sql: deployment.sql, kinds, ledger: join(folder, "load.ledger") };
    const usual = await quicknessIn(before, asked);
    for (const [index, window] of after.entries()) {
      const { count, trigger, end } = await quicknessIn(window, asked);
      const times = `trigger ${usual.trigger} → ${trigger} ms, end ${usual.end} → ${end} ms`;
      console.log(`p99 of ${count} without ${victims[index]}: ${times}`);
      if (FULL) {
        expect(trigger).toBeLessThanOrEqual(Math.max(2 * usual.trigger, NOISE_MS));
        expect(end).toBeLessThanOrEqual(Math.max(2 * usual.end, NOISE_MS));
      }
    }
    const { count, trigger, end } = await quicknessIn(without, asked);
    console.log(`p99 of ${count} without ${gone} and ${other}: trigger ${trigger} ms, end ${end} ms`);
    if (FULL) expect(trigger).toBeLessThanOrEqual(Math.max(2 * usual.trigger, NOISE_MS));
    expect([...load.refused]).toEqual([]);
    return { faults: `${victims.length} × kill -9 of one broker, and once of a second` };
  });
});

/** The node that leads the controllers. */
function leaderIn(folder: string): string {
  const text = readFileSync(join(folder, "kafka/data/__cluster_metadata-0/quorum-state"), "utf8");
  return BROKERS[Number(at(JSON.parse(text), "leaderId")) - 1] ?? "";
}

/** Whether so many brokers have all there is of each partition, of the platform's topics and of the group's offsets. */
async function isOn(brokersInSync: number, { services, name }: Deployment): Promise<boolean> {
  const { brokers, username, password } = kafkaAddress(services.kafka);
  const sasl = { mechanism: "plain", username, password } as const;
  const admin = new Kafka({ brokers: brokers.split(","), sasl, logLevel: logLevel.NOTHING }).admin();
  try {
    await admin.connect();
    const topics = [`${name}.trigger`, `${name}.completed`, "__consumer_offsets"];
    const found = (await admin.fetchTopicMetadata({ topics })).topics.flatMap(({ partitions }) => partitions);
    return found.every(({ isr }) => isr.length >= brokersInSync);
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}
