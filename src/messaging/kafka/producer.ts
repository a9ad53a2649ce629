import type { Producer as KafkaProducer } from "kafkajs";
import { messageOf } from "../../errors.ts";
import { within } from "../../resilience/waiting.ts";
import { abandon, type Connection, isAboutMessage, isRefusal } from "./client.ts";
import { partitioner } from "./partitioner.ts";
import type { Watch } from "./watch.ts";
import { type Encoded, type Form, type Outgoing, requestsOf } from "./wire.ts";

/** On the wire at once, per broker. */
const MAX_IN_FLIGHT = 4;
/** Sends that may wait for their turn; above them new ones are refused at once. */
const MAX_SENDS = 64;
const SEND_MILLISECONDS = 5000;
const CLOSE_MILLISECONDS = 2000;
/** So many that are refused one by one, and none that is taken. */
const MOST_REFUSED = 3;

/** The outcome of a call so far. */
interface Sending<Item> {
  topic: string;
  form: Form<Item>;
  taken: number;
  refused: Item[];
}

/** Sends messages. While no broker answers it refuses at once: nothing piles up, the caller knows what else to do. */
export class Producer {
  readonly #connection: Connection;
  readonly #watch: Watch;
  #producer: Promise<KafkaProducer> | null = null;
  #sends = 0;
  #publishing = new Set<Promise<unknown>>();

  constructor(connection: Connection, watch: Watch) {
    this.#connection = connection;
    this.#watch = watch;
  }

  /**
   * Resolves when all replicas have the items, with those that the broker takes in no form.
   *
   * @throws Error saying why the topic takes none of them: then some may be there all the same
   */
  async publish<Item>(topic: string, items: Item[], form: Form<Item>): Promise<Item[]> {
    const publishing = this.#sendAll(topic, items, form);
    this.#publishing.add(publishing);
    try {
      return await publishing;
    } finally {
      this.#publishing.delete(publishing);
    }
  }

  /**
   * Resolves when all replicas have the messages of one request.
   *
   * @throws Error of kafkajs where the broker refused, else one that says that it does not answer
   */
  async #send(topic: string, messages: Outgoing[]): Promise<void> {
    const { clock, troubles } = this.#connection;
    if (!this.#watch.isUp()) throw new Error(`${topic}: Kafka does not answer; it is asked again and again, try later`);
    if (this.#sends >= MAX_SENDS) throw new Error(`${topic}: ${MAX_SENDS} sends are under way already; try later`);
    const producer = this.#connected();
    try {
      const late = () =>
        new Error(`${topic}: Kafka did not take ${messages.length} messages within ${SEND_MILLISECONDS / 1000} s`);
      await within(clock, SEND_MILLISECONDS, this.#counted(topic, messages, producer), late);
      troubles.over(topic);
    } catch (error) {
      troubles.note(topic);
      if (!isRefusal(error)) this.#giveUp(producer);
      throw error;
    }
  }

  /** Waits for the requests under way, which have their own time limit, and disconnects. */
  async close(): Promise<void> {
    const { clock, log } = this.#connection;
    await Promise.allSettled(this.#publishing);
    const producer = this.#producer;
    this.#producer = null;
    if (producer === null) return;
    try {
      await within(clock, CLOSE_MILLISECONDS, disconnect(producer), () => new Error("the broker does not answer"));
    } catch (error) {
      log.debug({ error: messageOf(error) }, "the Kafka producer did not disconnect cleanly");
    }
  }

  async #sendAll<Item>(topic: string, items: Item[], form: Form<Item>): Promise<Item[]> {
    const sending: Sending<Item> = { topic, form, taken: 0, refused: [] };
    for (const request of requestsOf(items, form)) await this.#deliver(request, sending);
    return sending.refused;
  }

  /** Halves a batch that is refused until the refused message is alone: the others are accepted. */
  async #deliver<Item>(request: Encoded<Item>[], sending: Sending<Item>): Promise<void> {
    const { topic, form, refused } = sending;
    const [first] = request;
    if (first === undefined) return;
    try {
      await this.#send(
        topic,
        request.map(({ message }) => message),
      );
      sending.taken += request.length;
    } catch (error) {
      if (!isAboutMessage(error)) throw error;
      if (request.length > 1) {
        const half = request.length >> 1;
        await this.#deliver(request.slice(0, half), sending);
        await this.#deliver(request.slice(half), sending);
      } else if (await this.#isTaken(topic, form.short(first.item))) sending.taken++;
      // It is the topic then, and each of them would be one more request in vain.
      else if (refused.push(first.item) === MOST_REFUSED && sending.taken === 0) throw error;
    }
  }

  async #isTaken(topic: string, message: Outgoing): Promise<boolean> {
    try {
      await this.#send(topic, [message]);
      return true;
    } catch (error) {
      if (isAboutMessage(error)) return false;
      throw error;
    }
  }

  /** One send of kafkajs; it counts until kafkajs itself is done with it, however long ago its caller gave up. */
  async #counted(topic: string, messages: Outgoing[], producer: Promise<KafkaProducer>): Promise<void> {
    this.#sends++;
    try {
      await (await producer).send({ topic, messages, acks: -1 });
    } finally {
      this.#sends--;
    }
  }

  #connected(): Promise<KafkaProducer> {
    this.#producer ??= this.#connect();
    return this.#producer;
  }

  async #connect(): Promise<KafkaProducer> {
    const producer = this.#connection.kafka.producer({
      createPartitioner: partitioner,
      allowAutoTopicCreation: false,
      maxInFlightRequests: MAX_IN_FLIGHT,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      abandon(producer, this.#connection.log);
      throw error;
    }
  }

  /** The next send makes new connections: an old one may never notice that its other end is gone. */
  #giveUp(failed: Promise<KafkaProducer>): void {
    if (this.#producer === failed) {
      this.#producer = null;
      failed.then(
        (producer) => abandon(producer, this.#connection.log),
        // It never connected, and its callers have the error.
        () => {},
      );
    }
    this.#watch.lookAgain();
  }
}

async function disconnect(producer: Promise<KafkaProducer>): Promise<void> {
  await (await producer).disconnect();
}
