import { type Cluster, type Consumer, PartitionAssigners } from "kafkajs";
import { messageOf } from "../../errors.ts";
import { Backoff, Rest, within } from "../../resilience/waiting.ts";
import type { TriggerConsumer } from "../port.ts";
import { abandon, brokerErrorOf, type Connection } from "./client.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { Intake } from "./intake.ts";
import type { Watch } from "./watch.ts";

const HEARTBEAT_MILLISECONDS = 1000;
/** The longest that a fetch waits for messages that are not there; one that comes ends it at once. */
const FETCH_MILLISECONDS = 500;
const METADATA_MILLISECONDS = 60_000;
const STOP_MILLISECONDS = 5000;
/** A session that lasted so long was a good one: the next failure is news, and is mended at once. */
const GOOD_SESSION_MILLISECONDS = 10_000;
/** Until the brokers are there it asks the watch this often. */
const ASK_MILLISECONDS = 100;

export interface GroupOptions {
  name: string;
  /** A worker that is not heard of for so long loses its partitions to the others. */
  sessionMilliseconds: number;
}

/**
 * The membership of one consumer in its group. It joins as soon as the brokers answer, and after every end it joins again with a
 * new client of kafkajs, until it is stopped.
 */
export class Membership {
  readonly #connection: Connection;
  readonly #group: GroupOptions;
  readonly #watch: Watch;
  readonly #intake: Intake;
  readonly #rest: Rest;
  readonly #backoff = new Backoff(200, 1000);
  readonly #ended: Promise<void>;
  #stopped = false;
  #endSession: () => void = () => {};
  /** The member of the last session, which the brokers take for alive until it left. */
  #memberId: string | null = null;
  #cluster: Cluster | null = null;

  constructor(
    connection: Connection,
    group: GroupOptions,
    watch: Watch,
    consumer: TriggerConsumer,
    deadLetters: DeadLetters,
  ) {
    this.#connection = connection;
    this.#group = group;
    this.#watch = watch;
    this.#intake = new Intake(connection, consumer, deadLetters);
    this.#rest = new Rest(connection.clock);
    this.#ended = this.#run();
  }

  /** Leaves the group; resolves when nothing more comes, or the brokers do not answer. */
  async stop(): Promise<void> {
    const { clock, log } = this.#connection;
    this.#stopped = true;
    this.#intake.stop();
    this.#rest.wake();
    this.#endSession();
    try {
      await within(clock, STOP_MILLISECONDS, this.#ended, () => new Error("the broker does not answer"));
    } catch (error) {
      log.warn(
        { error: messageOf(error) },
        "the consumer could not leave its group; its partitions are given to others after the session timeout",
      );
    }
  }

  async #run(): Promise<void> {
    const { clock, log, troubles } = this.#connection;
    while (!this.#stopped) {
      if (!this.#watch.isUp()) {
        await this.#rest.take(ASK_MILLISECONDS);
        continue;
      }
      const start = clock.monotonic();
      const error = await this.#session();
      if (this.#stopped) return;
      if (clock.monotonic() - start > GOOD_SESSION_MILLISECONDS) this.#backoff.reset();
      troubles.note(this.#group.name);
      if (!this.#backoff.failing) log.warn({ error: messageOf(error) }, "not in the group; joining again");
      this.#watch.lookAgain();
      await this.#rest.take(this.#backoff.next());
    }
  }

  /** Joins and consumes until it is stopped or fails; resolves with the failure. */
  async #session(): Promise<unknown> {
    const { topics, log } = this.#connection;
    const consumer = this.#newConsumer();
    const over = new Promise<unknown>((resolve) => {
      this.#endSession = () => resolve(null);
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error));
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#joined(payload.memberId, payload.memberAssignment[topics.trigger]);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: topics.trigger, fromBeginning: true });
      await this.#leaveForLastSession();
      if (this.#stopped) return null;
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => this.#intake.take(payload),
      });
      const error = await over;
      // While it is stopped this leaves the group; after a failure there is nothing to wait for.
      if (error === null) {
        await this.#intake.commit();
        await consumer.disconnect();
      }
      return error;
    } catch (error) {
      return error;
    } finally {
      abandon(consumer, log);
    }
  }

  #newConsumer(): Consumer {
    return this.#connection.kafka.consumer({
      groupId: this.#group.name,
      sessionTimeout: this.#group.sessionMilliseconds,
      heartbeatInterval: HEARTBEAT_MILLISECONDS,
      maxWaitTimeInMs: FETCH_MILLISECONDS,
      metadataMaxAge: METADATA_MILLISECONDS,
      allowAutoTopicCreation: false,
      partitionAssigners: [
        (config) => {
          this.#cluster = config.cluster;
          return PartitionAssigners.roundRobin(config);
        },
      ],
      // A new client is safer than one that goes on after a failure.
      retry: { restartOnFailure: async () => false },
    });
  }

  #joined(memberId: string, partitions: number[] = []): void {
    const { log, troubles } = this.#connection;
    this.#memberId = memberId;
    troubles.over(this.#group.name);
    log.info({ group: this.#group.name, partitions }, "joined the group");
  }

  /** A member that could not leave, because the brokers were out, would hold up the new one for a whole session. */
  async #leaveForLastSession(): Promise<void> {
    if (this.#memberId === null || this.#cluster === null) return;
    const member = { groupId: this.#group.name, memberId: this.#memberId };
    const coordinator = await this.#cluster.findGroupCoordinator(member);
    // kafkajs has it, but does not declare it; without it the group goes on when the session is over.
    if (!("leaveGroup" in coordinator) || typeof coordinator.leaveGroup !== "function") return;
    try {
      await coordinator.leaveGroup(member);
    } catch (error) {
      if (brokerErrorOf(error) !== "UNKNOWN_MEMBER_ID") throw error;
    }
    this.#memberId = null;
  }
}
