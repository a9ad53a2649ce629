import type { IHeaders, KafkaMessage } from "kafkajs";
import { type DeadLetterKind, deadLetters } from "../../metrics/table.ts";
import { type Connection, isRefusal } from "./client.ts";
import type { Producer } from "./producer.ts";
import type { Outgoing } from "./wire.ts";

/** A message that names no run, and why. */
export interface DeadLetter {
  message: KafkaMessage;
  partition: number;
  reason: string;
  /** The same for the metrics. */
  kind: DeadLetterKind;
}

const LOG_MILLISECONDS = 1000;
/** The short form of a letter that is too large for its topic. */
const CUT_KEY_BYTES = 1000;
const CUT_VALUE_BYTES = 10_000;

/** Puts foreign messages aside, counts them, and says so once a second at most. */
export class DeadLetters {
  readonly #connection: Connection;
  readonly #producer: Producer;
  #total = 0;
  #unsaid = 0;
  #lastReason = "";
  #cancelTimer: (() => void) | null = null;

  constructor(connection: Connection, producer: Producer) {
    this.#connection = connection;
    this.#producer = producer;
  }

  /**
   * Resolves when the topic has the letters, except those that it does not take in any form: these are logged.
   *
   * @throws Error while no broker answers: then some of them may be there already, and all are to be sent again
   */
  async send(letters: DeadLetter[]): Promise<void> {
    const { topics, troubles } = this.#connection;
    for (const { message, partition, reason } of await this.#lost(letters)) {
      this.#connection.log.error(
        {
          topic: topics.deadLetter,
          key: message.key?.toString().slice(0, 100),
          partition,
          offset: message.offset,
          reason,
        },
        "a foreign message is lost: the topic for dead letters does not take it; look at its settings",
      );
    }
    for (const { reason, kind } of letters) {
      this.#count(reason);
      deadLetters.of({ reason: kind }).add();
    }
    troubles.note("dead letters");
  }

  /** Logs the messages that were put aside since it was called last. */
  close(): void {
    this.#cancelTimer?.();
    this.#say();
    this.#cancelTimer?.();
  }

  /** Those that the topic takes in no form. */
  async #lost(letters: DeadLetter[]): Promise<DeadLetter[]> {
    const { deadLetter, trigger } = this.#connection.topics;
    const form = {
      whole: (letter: DeadLetter) => whole(letter, trigger),
      short: (letter: DeadLetter) => cut(whole(letter, trigger)),
    };
    try {
      return await this.#producer.publish(deadLetter, letters, form);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return letters;
    }
  }

  #count(reason: string): void {
    this.#total++;
    this.#unsaid++;
    this.#lastReason = reason;
    if (this.#cancelTimer === null) this.#say();
  }

  #say(): void {
    const { clock, log, topics } = this.#connection;
    this.#cancelTimer = null;
    if (this.#unsaid === 0) return;
    log.warn(
      { topic: topics.deadLetter, count: this.#unsaid, total: this.#total, reason: this.#lastReason },
      "foreign messages put aside",
    );
    this.#unsaid = 0;
    this.#cancelTimer = clock.timer(LOG_MILLISECONDS, () => this.#say());
  }
}

function whole({ message, partition, reason }: DeadLetter, topic: string): Outgoing {
  const { key, value, headers, offset } = message;
  return { key, value, headers: { ...sendable(headers), reason, topic, partition: String(partition), offset } };
}

/** kafkajs reads headers without a value, and can't write them. */
function sendable(headers: IHeaders = {}): IHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((one) => one ?? "") : (value ?? ""),
    ]),
  );
}

/** The beginning of a letter, which says that it is no more than that. */
function cut({ key, value, headers = {} }: Outgoing): Outgoing {
  const { reason, topic, partition, offset } = headers;
  return {
    key: key?.subarray(0, CUT_KEY_BYTES) ?? null,
    value: value?.subarray(0, CUT_VALUE_BYTES) ?? null,
    headers: { reason, topic, partition, offset, cut: `from ${key?.length ?? 0} + ${value?.length ?? 0} bytes` },
  };
}
