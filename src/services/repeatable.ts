import { PlatformError } from "../errors.ts";
import type { RequestKeyRepository } from "../repositories/request-keys.ts";
import type { KeptRequest, RequestKey } from "../storage/port.ts";

/** Attempts for a key that runs out just when it is asked for. */
const ATTEMPTS = 5;

/** What came of a request: what its answer is made of, and whether it came of an earlier one with its key. */
export interface Answered {
  answer: string;
  isReplayed: boolean;
}

/** Carries out requests that may be repeated, each once, whichever processes they come to and whatever is killed. */
export class RepeatableRequests {
  readonly #keys: RequestKeyRepository;

  constructor(keys: RequestKeyRepository) {
    this.#keys = keys;
  }

  /**
   * @param key null for a request that its sender does not repeat
   * @param write does what the request asks for and stores its key with it, in one transaction; gives what the answer is made of, as
   *   it is stored, or null where another request had the key first: then it has stored nothing
   * @throws PlatformError idempotency_mismatch, overloaded, and what `write` throws; its key is free then
   */
  async once(key: RequestKey | null, write: () => Promise<string | null>): Promise<Answered> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const kept = key === null ? null : await this.#keys.find(key);
      if (key !== null && kept !== null) return { answer: answerOf(kept, key), isReplayed: true };
      // Of requests that come at once all get here, and the database stores one; it has the others wait for that.
      const answer = await write();
      if (answer !== null) return { answer, isReplayed: false };
    }
    throw new PlatformError("overloaded");
  }
}

/** @throws PlatformError idempotency_mismatch */
export function answerOf(kept: KeptRequest, { hash }: RequestKey): string {
  if (kept.hash !== hash) throw new PlatformError("idempotency_mismatch");
  return kept.answer;
}
