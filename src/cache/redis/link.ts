import Redis from "ioredis";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { RedisAddress } from "../../config/redis.ts";
import { messageOf } from "../../errors.ts";
import type { BreakerState } from "../../resilience/breaker.ts";

export interface LinkOptions {
  address: RedisAddress;
  clock: Clock;
  log: Logger;
}

/** The prefix of every key. Its number rises with each change of the format of values. */
export const PREFIX = "workflow-platform:1:";
const ALIVE_KEY = `${PREFIX}alive`;

/** How long an answer may take. */
const LIMIT = 100;
/** How often Redis is asked to take a write: while it is in, and while it is out. */
const BEAT = 250;
const PROBE = 500;
/** Redis is out when it takes no write, and took none that was sent in the last so many milliseconds. */
const OUT_AFTER = 1000;

/**
 * A connection to Redis that knows whether Redis answers. Nothing throws: a command that is not answered at once gives null.
 *
 * Redis is in as long as it takes a write every now and then, which one that is frozen, full, loading or a replica does
 * not: a question to it would only cost time.
 */
export class RedisLink {
  /** Resolves once Redis is in for the first time or turns out not to be there, after a second in any case. */
  readonly met: Promise<void>;
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #log: Logger;
  #isIn = false;
  /** Answers to commands from before an outage do not end it. */
  #outages = 0;
  #outSince: number;
  /** When the last write that Redis took was sent. */
  #lastBeat = Number.NEGATIVE_INFINITY;
  /** Something failed since the last beat: one question in a while is enough to find out. */
  #hesitates = false;
  #isBeating = false;
  #isClosed = false;
  #cancelBeat = () => {};
  /** When the next beat should begin. */
  #beatDue: number;
  #lastError = "not connected yet";
  #meet: () => void;
  /** Whether the log says that it is out. */
  #isToldOut = false;

  constructor({ address, clock, log }: LinkOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#outSince = clock.monotonic();
    this.#beatDue = this.#outSince;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.timer(OUT_AFTER, resolve);
    this.met = promise.finally(cancel);
    this.#meet = resolve;
    const { tls, username, password, ...place } = address;
    this.#redis = new Redis({
      ...place,
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
      ...(tls ? { tls: {} } : {}),
      enableAutoPipelining: true,
      // No command is kept for a later connection: its caller would have given up.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 1000,
      commandTimeout: 500,
      socketTimeout: 2000,
      maxLoadingRetryTime: 500,
      retryStrategy: (times) => Math.min(times * 50, 500),
    });
    this.#redis.on("error", (error: unknown) => {
      this.#lastError = messageOf(error);
    });
    this.#redis.on("close", () => {
      this.#goOut("the connection is lost");
      this.#meet();
    });
    this.#redis.on("ready", () => this.#beat());
    this.#beat();
  }

  isIn(): boolean {
    return this.#isIn;
  }

  breaker(): BreakerState {
    if (this.#isIn) return "closed";
    return this.#isBeating ? "half_open" : "open";
  }

  /** Asks where Redis is in and did not hesitate a moment ago. */
  async ask<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply | null> {
    return this.#isIn && !this.#hesitates ? this.#send(command) : null;
  }

  close(): void {
    this.#isClosed = true;
    this.#isIn = false;
    this.#cancelBeat();
    this.#meet();
    this.#redis.disconnect();
  }

  async #send<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply | null> {
    if (this.#redis.status !== "ready") return null;
    try {
      return await this.#limited(command(this.#redis));
    } catch (error) {
      this.#hesitates = true;
      this.#lastError = messageOf(error);
      return null;
    }
  }

  /** Has Redis take a write. */
  async #beat(): Promise<void> {
    if (this.#isBeating || this.#isClosed) return;
    this.#isBeating = true;
    this.#cancelBeat();
    const sent = this.#clock.monotonic();
    // While this process did not run, as while it loads its code, Redis could not show that it is there.
    this.#outSince += Math.max(0, sent - this.#beatDue);
    const outages = this.#outages;
    const done = await this.#send((redis) => redis.set(ALIVE_KEY, "1", "PX", 10_000));
    this.#isBeating = false;
    if (this.#isClosed) return;
    if (done !== null && outages === this.#outages) this.#tookWrite(sent);
    // Only now: after a pause of this process the last write is long ago, which says nothing of Redis.
    else if (sent - this.#lastBeat >= OUT_AFTER) this.#goOut("it takes no writes", sent);
    const pause = this.#isIn ? BEAT : PROBE;
    this.#beatDue = this.#clock.monotonic() + pause;
    this.#cancelBeat = this.#clock.timer(pause, () => this.#beat());
  }

  #tookWrite(sent: number): void {
    this.#lastBeat = sent;
    this.#hesitates = false;
    if (this.#isIn) return;
    this.#isIn = true;
    this.#meet();
    if (this.#isToldOut) this.#log.info("cache back");
    this.#isToldOut = false;
  }

  #goOut(reason: string, now = this.#clock.monotonic()): void {
    if (this.#isIn) {
      this.#isIn = false;
      this.#outages++;
      this.#outSince = now;
    } else if (now - this.#outSince < OUT_AFTER) return;
    if (this.#isToldOut || this.#isClosed) return;
    this.#isToldOut = true;
    this.#log.warn({ reason, error: this.#lastError }, "cache out");
  }

  /** Rejects when the answer takes too long. After a pause of this process the answer may be there, but unread. */
  #limited<Reply>(answer: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const tooLate = () => reject(new Error(`no answer within ${LIMIT} ms`));
      const cancel = this.#clock.timer(LIMIT, () => this.#clock.nextTurn(tooLate));
      answer.finally(cancel).then(resolve, reject);
    });
  }
}
