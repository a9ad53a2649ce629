import type { Admin, ITopicConfig } from "kafkajs";
import { messageOf } from "../../errors.ts";
import type { Reading } from "../../metrics/readings.ts";
import type { BreakerState } from "../../resilience/breaker.ts";
import { Backoff, Rest, within } from "../../resilience/waiting.ts";
import { abandon, brokerErrorOf, type Connection } from "./client.ts";
import { brokerReadings } from "./figures.ts";

/** It looks this often while the broker is there: that is how soon an idle process notices that it is not. */
const INTERVAL_MILLISECONDS = 5000;
const LOOK_MILLISECONDS = 5000;
const CREATE_MILLISECONDS = 3000;
/** A topic created a moment ago may not be known everywhere. */
const CREATED_MILLISECONDS = 50;

const UNKNOWN_TOPIC = "UNKNOWN_TOPIC_OR_PARTITION";
const NOT_YET: ReadonlySet<string | null> = new Set(["LEADER_NOT_AVAILABLE", "NOT_LEADER_FOR_PARTITION"]);

/** Bytes of a dead letter with its headers: any message of a topic with the default limit fits, with its reason. */
const DEAD_LETTER_BYTES = 2 * 1024 * 1024;

/** Looks after the brokers: whether they answer, and that the topics exist, also after they lost them. */
export class Watch {
  readonly #connection: Connection;
  readonly #rest: Rest;
  readonly #backoff = new Backoff(200, 2000);
  #admin: Admin | null = null;
  #up: boolean | null = null;
  #looking = false;
  /** How many there have been when it looked last; unknown before. */
  #deadLetters: number | null = null;
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#rest = new Rest(connection.clock);
  }

  /** Starts looking; resolves after the first look. */
  async start(): Promise<void> {
    await this.#look();
    this.#goOn();
  }

  /** Whether the brokers answered last, and have the topics. */
  isUp(): boolean {
    return this.#up === true;
  }

  breaker(): BreakerState {
    if (this.#up) return "closed";
    return this.#looking ? "half_open" : "open";
  }

  /** See brokerReadings. @throws Error while the brokers do not answer */
  async figures(group: string): Promise<Reading[]> {
    if (this.#admin === null) throw new Error("Kafka does not answer");
    return brokerReadings(this.#admin, this.#connection.topics, group);
  }

  /** Looks at once, since a producer or consumer could not reach the brokers, or misses a topic. */
  lookAgain(): void {
    this.#rest.wake();
  }

  close(): void {
    this.#closed = true;
    this.#up = false;
    this.#rest.wake();
    if (this.#admin !== null) abandon(this.#admin, this.#connection.log);
    this.#admin = null;
  }

  async #goOn(): Promise<void> {
    while (!this.#closed) {
      await this.#rest.take(this.#up ? INTERVAL_MILLISECONDS : this.#backoff.next());
      if (!this.#closed) await this.#look();
    }
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { clock, kafka, log } = this.#connection;
    const admin = this.#admin ?? kafka.admin();
    this.#looking = true;
    try {
      const work = this.#ensureTopics(admin, this.#admin === null);
      const late = () => new Error(`no answer within ${LOOK_MILLISECONDS / 1000} s`);
      await within(clock, LOOK_MILLISECONDS, work, late);
      if (this.#closed) abandon(admin, log);
      else this.#admin = admin;
      this.#seen(null);
    } catch (error) {
      // The next look starts with new connections: an old one may never notice that its other end is gone.
      this.#admin = null;
      abandon(admin, log);
      this.#seen(error);
    }
    this.#looking = false;
  }

  async #ensureTopics(admin: Admin, isNew: boolean): Promise<void> {
    const { topics, clock } = this.#connection;
    if (isNew) await admin.connect();
    const names = [topics.trigger, topics.completed, topics.deadLetter];
    const deadline = clock.monotonic() + LOOK_MILLISECONDS;
    for (;;) {
      let isMissing = false;
      try {
        await admin.fetchTopicMetadata({ topics: names });
        // A leader that was just elected may not know it yet; messages that it refuses would be sent again with accepted ones.
        if (isNew) await Promise.all([topics.trigger, topics.completed].map((name) => admin.fetchTopicOffsets(name)));
        await this.#countDeadLetters(admin);
        return;
      } catch (error) {
        const code = brokerErrorOf(error);
        if (clock.monotonic() > deadline || !(code === UNKNOWN_TOPIC || NOT_YET.has(code))) throw error;
        isMissing = code === UNKNOWN_TOPIC;
      }
      // Other processes may be doing the same: kafkajs takes "exists already" for an answer. It would not wait for the
      // leaders of a topic that is not known yet everywhere; the next turn of this loop does.
      const wanted = { topics: this.#wanted(), timeout: CREATE_MILLISECONDS, waitForLeaders: false };
      if (isMissing) await admin.createTopics(wanted);
      await new Rest(clock).take(CREATED_MILLISECONDS);
    }
  }

  /** See Messaging. */
  get deadLetters(): number | null {
    return this.#deadLetters;
  }

  /** Letters of all processes: one that answers /health/ready often consumes nothing itself. */
  async #countDeadLetters(admin: Admin): Promise<void> {
    const { topics, troubles } = this.#connection;
    const offsets = await admin.fetchTopicOffsets(topics.deadLetter);
    const count = offsets.reduce((sum, { high }) => sum + Number(high), 0);
    if (this.#deadLetters !== null && count > this.#deadLetters) troubles.note("dead letters");
    this.#deadLetters = count;
  }

  #wanted(): ITopicConfig[] {
    const { trigger, completed, deadLetter, partitions: numPartitions } = this.#connection.topics;
    return [
      // The broker unpacks batches of other programs, and rejects those that are too large. Else codecs.ts does the same here.
      { topic: trigger, numPartitions, configEntries: [{ name: "compression.type", value: "uncompressed" }] },
      { topic: completed, numPartitions },
      {
        topic: deadLetter,
        numPartitions,
        configEntries: [{ name: "max.message.bytes", value: String(DEAD_LETTER_BYTES) }],
      },
    ];
  }

  /** Says so once when the brokers come or go. */
  #seen(error: unknown): void {
    const up = error === null;
    if (up) this.#backoff.reset();
    if (this.#closed || this.#up === up) return;
    this.#up = up;
    const { log, topics } = this.#connection;
    if (up) log.info({ topic: topics.trigger, partitions: topics.partitions }, "Kafka answers");
    else log.warn({ error: reasonOf(error) }, "Kafka does not answer; workers find runs by the sweeper until it does");
  }
}

/** kafkajs wraps the broker's errors for each topic. */
function reasonOf(error: unknown): string {
  const errors = error instanceof Error && "errors" in error ? error.errors : null;
  return Array.isArray(errors) ? errors.map(messageOf).join("; ") : messageOf(error);
}
