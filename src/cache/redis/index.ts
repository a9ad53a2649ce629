import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { RedisAddress } from "../../config/redis.ts";
import type { BreakerState } from "../../resilience/breaker.ts";
import { nameOfRun, type RunKey } from "../../schemas/runs/run.ts";
import type { RunRecord } from "../../storage/port.ts";
import { type Cache, charactersOf, type KeptRun, LIFETIME, MAX_CHARACTERS } from "../port.ts";
import { PREFIX, RedisLink } from "./link.ts";

export interface RedisCacheOptions {
  /** Platforms on different databases must not share a Redis, but may share it by number. */
  address: RedisAddress;
  clock: Clock;
  log: Logger;
}

/**
 * A cache in Redis, shared by every process that opens it. It connects by itself, and again after each outage. `met` resolves
 * once it is known whether Redis is there.
 */
export function openRedisCache(options: RedisCacheOptions): Cache & { met: Promise<void> } {
  return new RedisCache(new RedisLink(options), options.log);
}

/** The most that one batch stores; the rest is stored by a later read. */
const MAX_BATCH_CHARACTERS = 4 * 1024 * 1024;

class RedisCache implements Cache {
  readonly met: Promise<void>;
  readonly #link: RedisLink;
  readonly #log: Logger;

  constructor(link: RedisLink, log: Logger) {
    this.#link = link;
    this.met = link.met;
    this.#log = log;
  }

  async read(keys: RunKey[]): Promise<(RunRecord | null)[]> {
    if (keys.length === 0) return [];
    const names = keys.map(nameOf);
    const texts = await this.#link.ask((redis) => redis.mget(names));
    return names.map((name, index) => this.#parsed(name, texts?.[index] ?? null));
  }

  async keep(runs: KeptRun[]): Promise<void> {
    const texts = textsOf(runs);
    if (texts.length === 0) return;
    await this.#link.ask((redis) => Promise.all(texts.map(({ name, text }) => redis.set(name, text, "PX", LIFETIME))));
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

  #parsed(key: string, text: string | null): RunRecord | null {
    if (text === null) return null;
    try {
      return JSON.parse(text);
    } catch {
      // Not ours, or half of it. It is dropped, so that this is said once.
      this.#log.warn({ key }, "unreadable cache entry dropped");
      this.#link.ask((redis) => redis.del(key));
      return null;
    }
  }
}

/** The texts of the runs that are not too big, up to the bound of one batch. */
function textsOf(runs: KeptRun[]): { name: string; text: string }[] {
  let room = MAX_BATCH_CHARACTERS;
  return runs.flatMap(({ namespace, run }) => {
    // Most runs that are too big are found without making their text.
    if (charactersOf(run) > MAX_CHARACTERS) return [];
    const text = JSON.stringify(run);
    room -= text.length;
    return text.length > MAX_CHARACTERS || room < 0 ? [] : [{ name: nameOf({ namespace, uuid: run.uuid }), text }];
  });
}

function nameOf(key: RunKey): string {
  return `${PREFIX}run:${nameOfRun(key)}`;
}
