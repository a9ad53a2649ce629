/** A worker process that begins to claim, says so, and never gets to the end: a test kills it. */
import pino from "pino";
import { TestWorker } from "../../../tests/contracts/messaging/worker.ts";
import { systemClock as clock } from "../../clock.ts";
import { openKafkaMessaging } from "./index.ts";

const [broker = "", triggerTopic = "", group = "", sessionMilliseconds = ""] = process.argv.slice(2);
const messaging = await openKafkaMessaging({
  brokers: [broker],
  sasl: null,
  tls: null,
  group,
  triggerTopic,
  completedTopic: `${triggerTopic}.completed`,
  partitions: 3,
  clock,
  log: pino({ level: "silent" }),
  sessionMilliseconds: Number(sessionMilliseconds),
});
const worker = new TestWorker();
worker.beforeClaim = () => {
  console.log("claiming");
  return new Promise(() => {});
};
messaging.consumeTriggers(worker);
