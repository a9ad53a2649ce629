import type { EachBatchPayload, KafkaMessage } from "kafkajs";
import { messageOf } from "../../errors.ts";
import { failpoint } from "../../failpoints.ts";
import type { DeadLetterKind } from "../../metrics/table.ts";
import { Backoff, Rest } from "../../resilience/waiting.ts";
import { readTrigger, type Triggered } from "../../schemas/runs/event.ts";
import { nameOfRun } from "../../schemas/runs/run.ts";
import type { TriggerConsumer } from "../port.ts";
import type { Connection } from "./client.ts";
import { UnpackError } from "./codecs.ts";
import type { DeadLetter, DeadLetters } from "./dead-letters.ts";
import { triggerHeadersOf } from "./wire.ts";

const MAX_PER_CLAIM = 500;
/** Without room it asks for some this often. */
const ROOM_MILLISECONDS = 20;
const HEARTBEAT_MILLISECONDS = 500;
/** Offsets are gathered for so long: messages that come again after a crash claim nothing, and each commit is a request. */
const COMMIT_MILLISECONDS = 200;

/** A message, parsed. */
interface Incoming {
  message: KafkaMessage;
  read: Triggered | { fault: string; kind: DeadLetterKind };
}

/**
 * Takes fetched messages to the consumer, as many as it has room for. Without room the partitions are held: the rest of
 * the batch waits here, nothing more is fetched, and heartbeats go on. (kafkajs' own pause would drop what was fetched
 * and fetch it again for every few hundred runs.)
 */
export class Intake {
  readonly #connection: Connection;
  readonly #consumer: TriggerConsumer;
  readonly #deadLetters: DeadLetters;
  readonly #rest: Rest;
  readonly #backoff = new Backoff(100, 2000);
  #stopped = false;
  /** Ends the wait for the next commit; null while everything is committed. */
  #cancelCommit: (() => void) | null = null;
  #commitOffsets: () => Promise<void> = async () => {};

  constructor(connection: Connection, consumer: TriggerConsumer, deadLetters: DeadLetters) {
    this.#connection = connection;
    this.#consumer = consumer;
    this.#deadLetters = deadLetters;
    this.#rest = new Rest(connection.clock);
  }

  /** Takes no more messages; those that are being claimed are still committed. */
  stop(): void {
    this.#stopped = true;
    this.#rest.wake();
  }

  /** Commits the offsets of messages that were taken. Those that can't be committed come again, and claim nothing. */
  async commit(): Promise<void> {
    if (this.#cancelCommit === null) return;
    this.#cancelCommit();
    this.#cancelCommit = null;
    try {
      await this.#commitOffsets();
    } catch (error) {
      this.#connection.log.debug({ error: messageOf(error) }, "offsets not committed");
    }
  }

  /**
   * Takes the messages of one partition, each to be committed once its run is claimed or it is put aside.
   *
   * @throws Error of kafkajs when the partition was given to another member; messages that were not committed come again
   */
  async take(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload;
    const goesOn = () => !this.#stopped && payload.isRunning() && !payload.isStale();
    let waiting = batch.messages.map(read);
    while (waiting.length > 0 && goesOn()) {
      const room = Math.min(MAX_PER_CLAIM, this.#consumer.room());
      if (room > 0) {
        const part = firstOf(waiting, room);
        if (await this.#isDone(part, payload, goesOn)) {
          waiting = waiting.slice(part.length);
          resolveOffset(part.at(-1)?.message.offset ?? batch.lastOffset());
          this.#commitSoon(payload);
          if (this.#stopped) await this.commit();
        }
      } else await this.#rest.take(ROOM_MILLISECONDS);
      await heartbeat();
    }
  }

  #commitSoon({ commitOffsetsIfNecessary, uncommittedOffsets }: EachBatchPayload): void {
    this.#commitOffsets = () => commitOffsetsIfNecessary(uncommittedOffsets());
    this.#cancelCommit ??= this.#connection.clock.timer(COMMIT_MILLISECONDS, () => this.commit());
  }

  /** False when the database, or the broker, was out: then the same is to be tried again. */
  async #isDone(part: Incoming[], payload: EachBatchPayload, goesOn: () => boolean): Promise<boolean> {
    const { heartbeat } = payload;
    const named = part.flatMap(({ read }) => ("uuid" in read ? [read] : []));
    const woken = named.filter(({ isWake }) => isWake);
    const triggered = new Map(named.filter(({ isWake }) => !isWake).map((read) => [nameOfRun(read), read]));
    if (woken.length > 0) this.#consumer.wake(woken);
    let unknown = new Set<string>();
    if (triggered.size > 0) {
      const claim = () => this.#consumer.claim([...triggered.values()]);
      const claimed = await this.#attempt("claim failed; it is tried again until it succeeds", heartbeat, claim);
      if (claimed === null) return false;
      failpoint("messages_claimed");
      unknown = new Set(claimed.unknown.map(nameOfRun));
    }
    const letters = lettersOf(part, payload.batch.partition, unknown);
    while (letters.length > 0) {
      const send = async () => {
        await this.#deadLetters.send(letters);
        return true;
      };
      const sent = await this.#attempt("dead letters not taken; they are sent again until they are", heartbeat, send);
      if (sent !== null) break;
      if (!goesOn()) return false;
      await heartbeat();
    }
    return true;
  }

  /** The result of the work; null, after a pause, if it failed. Heartbeats go on meanwhile. */
  async #attempt<Value>(
    failure: string,
    heartbeat: () => Promise<void>,
    work: () => Promise<Value>,
  ): Promise<Value | null> {
    const { log } = this.#connection;
    const stopBeating = this.#keepBeating(heartbeat);
    try {
      const value = await work();
      if (this.#backoff.failing) log.info("messages are consumed again");
      this.#backoff.reset();
      return value;
    } catch (error) {
      if (!this.#backoff.failing) log.warn({ error: messageOf(error) }, failure);
      const milliseconds = this.#backoff.next();
      if (!this.#stopped) await this.#rest.take(milliseconds);
      return null;
    } finally {
      stopBeating();
    }
  }

  #keepBeating(heartbeat: () => Promise<void>): () => void {
    const { clock, log } = this.#connection;
    const beat = () => {
      heartbeat().catch((error: unknown) => {
        // The next heartbeat of the batch says the same, and ends the batch.
        log.debug({ error: messageOf(error) }, "heartbeat failed while messages are consumed");
      });
      cancel = clock.timer(HEARTBEAT_MILLISECONDS, beat);
    };
    let cancel = clock.timer(HEARTBEAT_MILLISECONDS, beat);
    return () => cancel();
  }
}

function read(message: KafkaMessage): Incoming {
  // Set by our patch of kafkajs, on a record that stands for a whole batch and has its bytes for a value.
  if ("unreadable" in message) {
    const why = message.unreadable instanceof UnpackError ? message.unreadable.message : "damaged";
    return { message, read: { fault: `unreadable batch, here with its bytes: ${why}`, kind: "unreadable" } };
  }
  const { value, headers } = message;
  if (value === null) return { message, read: { fault: "no value", kind: "no_value" } };
  return { message, read: readTrigger(value.toString(), triggerHeadersOf(headers)) };
}

/** The first messages that name as many different runs at most, and the foreign messages between them. */
function firstOf(waiting: Incoming[], room: number): Incoming[] {
  const names = new Set<string>();
  let count = 0;
  for (const { read } of waiting) {
    if ("uuid" in read) {
      const name = nameOfRun(read);
      if (names.size === room && !names.has(name)) break;
      names.add(name);
    }
    if (count === MAX_PER_CLAIM) break;
    count++;
  }
  return waiting.slice(0, count);
}

function lettersOf(part: Incoming[], partition: number, unknown: Set<string>): DeadLetter[] {
  return part.flatMap(({ message, read }): DeadLetter[] => {
    if (!("fault" in read)) {
      const reason = "unknown run";
      return unknown.has(nameOfRun(read)) ? [{ message, partition, reason, kind: "unknown_run" }] : [];
    }
    return [{ message, partition, reason: read.fault, kind: read.kind }];
  });
}
