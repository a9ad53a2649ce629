/** For the tests of the Kafka adapter: names that are used once, the log, and kcat as the other program. */
import { Kafka, logLevel } from "kafkajs";
import pino from "pino";
import { install, pathOf } from "../../../infrastructure/local/processes/packages.ts";
import { until } from "../../../tests/contracts/messaging/worker.ts";
import { systemClock } from "../../clock.ts";
import type { Messaging } from "../port.ts";
import { type KafkaMessagingOptions, openKafkaMessaging } from "./index.ts";

/** A message as kcat prints it. */
export interface Printed {
  partition: number;
  offset: number;
  key: string | null;
  payload: string | null;
  /** Names and values in turn. */
  headers?: string[];
}

/** Makes a topic with settings of its own before the platform does. */
export async function createTopic(broker: string, topic: string, settings: Record<string, string>): Promise<void> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  await admin.disconnect();
}

/** A line that was logged. */
export interface Logged {
  level: number;
  msg: string;
  [field: string]: unknown;
}

const WARN = 40;

/** Topics and a group of their own at a broker, and the log of all that is opened on them. */
export class Place {
  readonly broker: string;
  readonly options: KafkaMessagingOptions;
  readonly logged: Logged[] = [];
  readonly #open: Messaging[] = [];

  constructor(broker: string, options: Partial<KafkaMessagingOptions> = {}) {
    const name = `test-${crypto.randomUUID().slice(0, 8)}`;
    const log = pino({ level: "debug" }, { write: (line) => this.logged.push(JSON.parse(line)) });
    this.broker = broker;
    this.options = {
      brokers: [broker],
      sasl: null,
      tls: null,
      group: `${name}-workers`,
      triggerTopic: name,
      completedTopic: `${name}.completed`,
      partitions: 3,
      clock: systemClock,
      log,
      ...options,
    };
  }

  /** Opens one more process' messaging. */
  async open(options: Partial<KafkaMessagingOptions> = {}): Promise<Messaging> {
    const messaging = await openKafkaMessaging({ ...this.options, ...options });
    this.#open.push(messaging);
    return messaging;
  }

  /** Closes all that was opened. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map((messaging) => messaging.close()));
  }

  get trigger(): string {
    return this.options.triggerTopic;
  }

  get deadLetters(): string {
    return `${this.trigger}.dlq`;
  }

  /** The messages of warnings and errors so far. */
  get warnings(): string[] {
    return this.logged.filter(({ level }) => level >= WARN).map(({ msg }) => msg);
  }

  /** Everything on a topic, once it holds as many messages. */
  async messages(topic: string, count: number): Promise<Printed[]> {
    let found: Printed[] = [];
    const read = async () => {
      const text = await kcat(["-C", "-b", this.broker, "-t", topic, "-e", "-q", "-o", "beginning", "-J"]);
      found = text
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line));
      return found.length >= count;
    };
    await until(read, () => `${topic} holds ${found.length} of ${count} messages`);
    return found;
  }

  /** Puts a value on the trigger topic as another program does. */
  async produce(value: string, key: string, ...options: string[]): Promise<void> {
    // kcat takes lines; a character that no value has keeps one with line breaks whole.
    const lines = ["-D", "\u0001", "-X", "message.max.bytes=2000000"];
    await kcat(["-P", "-b", this.broker, "-t", this.trigger, "-k", key, ...lines, ...options], value);
  }
}

/** The headers of a message by name. */
export function headersOf({ headers = [] }: Pick<Printed, "headers"> = {}): Record<string, string> {
  const pairs = headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? ""]] : []));
  return Object.fromEntries(pairs);
}

await install(["kcat"]);

/** The output of kcat, given this to send. @throws Error with its message when it fails. */
export async function kcat(command: string[], input = ""): Promise<string> {
  const process = Bun.spawn([pathOf("kcat"), ...command], {
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors, code] = await Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
    process.exited,
  ]);
  if (code !== 0) throw new Error(`kcat ${command.join(" ")} ended with ${code}: ${errors}`);
  return output;
}
