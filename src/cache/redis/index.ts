import type Redis from "ioredis";
import type { Logger } from "pino";
import type { BreakerState } from "../../breaker.ts";
import type { Clock } from "../../clock.ts";
import type { RedisAddress } from "../../config/redis.ts";
import {
  type Cache,
  type CacheEntry,
  type CacheRead,
  charactersOf,
  type Kept,
  type Kind,
  LIFETIMES,
  MAX_CHARACTERS,
} from "../port.ts";
import { GENERATION_KEY, newToken, PREFIX, RedisLink } from "./link.ts";
import { CHANGE, CHANGED, FILL, READ, TOKEN_LENGTH } from "./scripts.ts";

export interface RedisCacheOptions {
  /** Platforms on different databases must not share a Redis, but may share it by number. */
  address: RedisAddress;
  clock: Clock;
  log: Logger;
}

/** A cache in Redis, shared by every process that opens it. It connects by itself, and again after each outage. */
export function openRedisCache(options: RedisCacheOptions): Cache {
  return new RedisCache(new RedisLink(options), options.log);
}

const NOTHING = { value: null, ticket: null };
/** Runs that ended never change: whoever has one may put it in. */
const RUN_TICKET = "run";
/** What takes longer to ask the database for is not kept. */
const TICKET_MILLISECONDS = 2000;
/** What one batch puts in at most; the rest is put in by a later read. */
const MAX_FILL_CHARACTERS = 4 * 1024 * 1024;
const MAX_NAME = 128;

class RedisCache implements Cache {
  readonly shared = true;
  readonly #link: RedisLink;
  readonly #log: Logger;

  constructor(link: RedisLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  async read<K extends Kind>(kind: K, names: string[]): Promise<CacheRead<Kept[K]>[]> {
    const keys = names.map((name) => keyOf(kind, name));
    if (keys.length === 0) return [];
    if (kind === "run") {
      const texts = await this.#link.ask((redis) => redis.mget(keys));
      if (texts === null) return keys.map(() => NOTHING);
      return texts.map((text, index) =>
        text === null ? { value: null, ticket: RUN_TICKET } : this.#parsed(keys[index], text),
      );
    }
    const texts = await this.#readTexts(kind, keys);
    return keys.map((key, index) => {
      const text = texts[index] ?? "";
      if (text[TOKEN_LENGTH] === "?") return { value: null, ticket: text };
      return text === "" ? NOTHING : this.#parsed(key, text.slice(TOKEN_LENGTH + 1));
    });
  }

  async fill<K extends Kind>(kind: K, entries: CacheEntry<Kept[K]>[]): Promise<void> {
    const texts = textsOf(entries);
    if (texts.length === 0) return;
    const lifetime = LIFETIMES[kind];
    const keys = texts.map(({ name }) => keyOf(kind, name));
    if (kind === "run") {
      await this.#link.ask((redis) =>
        Promise.all(texts.map(({ text }, index) => redis.set(keys[index] ?? "", text, "PX", lifetime))),
      );
      return;
    }
    const values = texts.flatMap(({ ticket, text }) => [ticket, text]);
    await this.#link.ask((redis) => redis.eval(FILL, keys.length, ...keys, lifetime, TICKET_MILLISECONDS, ...values));
  }

  async changeWorkflow<Result>(name: string, write: () => Promise<Result>): Promise<Result> {
    const key = keyOf("workflow", name);
    const token = newToken();
    const begun = await this.#link.tell((redis) => redis.eval(CHANGE, 1, key, token, LIFETIMES.workflow));
    let result: Result;
    try {
      result = await write();
    } catch (error) {
      // Whether it was written, or will be yet, nobody knows: to Redis the change goes on until its lifetime is over.
      if (begun === null) await this.#link.untold();
      throw error;
    }
    const ended = await this.#link.tell((redis) => redis.eval(CHANGED, 1, key, token));
    if (ended === null) await this.#link.untold();
    return result;
  }

  isUp(): boolean {
    return this.#link.isIn();
  }

  breaker(): BreakerState {
    return this.#link.breaker();
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  async #readTexts(kind: Kind, keys: string[]): Promise<string[]> {
    const read = (redis: Redis) =>
      redis.eval(READ, keys.length + 1, GENERATION_KEY, ...keys, newToken(), newToken(), TICKET_MILLISECONDS);
    // A page may be as old as its lifetime, and no outage makes it older.
    const reply = await (kind === "workflow" ? this.#link.askTrusted(read) : this.#link.ask(read));
    return Array.isArray(reply) ? reply.map(String) : [];
  }

  #parsed<Value>(key: string | undefined, text: string): CacheRead<Value> {
    try {
      return { value: JSON.parse(text), ticket: null };
    } catch {
      // Not ours, or half of it. It is dropped, so that this is said once.
      this.#log.warn({ key }, "unreadable cache entry dropped");
      if (key !== undefined) this.#link.ask((redis) => redis.del(key));
      return NOTHING;
    }
  }
}

/** The texts of what is not too big, up to the bound of one batch. */
function textsOf(entries: CacheEntry<Kept[Kind]>[]): { name: string; ticket: string; text: string }[] {
  let room = MAX_FILL_CHARACTERS;
  return entries.flatMap(({ name, ticket, value }) => {
    // Most of what is too big need not be written to know it.
    if (charactersOf(value) > MAX_CHARACTERS) return [];
    const text = JSON.stringify(value);
    room -= text.length;
    return text.length > MAX_CHARACTERS || room < 0 ? [] : [{ name, ticket, text }];
  });
}

function keyOf(kind: Kind, name: string): string {
  const short = name.length <= MAX_NAME ? name : `sha256:${Bun.SHA256.hash(name, "hex")}`;
  return `${PREFIX}${kind}:${short}`;
}
