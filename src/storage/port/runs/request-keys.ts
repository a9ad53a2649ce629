/** Requests that may be repeated. A write that takes the key of its request stores it with what it does, in one transaction. */

/** How long a key counts, milliseconds. */
export const KEY_MILLISECONDS = 24 * 60 * 60 * 1000;
/** Keys that one step of the upkeep drops. */
export const MOST_DROPPED = 1000;

/** The key of a request. */
export interface RequestKey {
  namespace: string;
  /** What it was sent to, with what its path names. */
  route: string;
  /** As its sender chose it. */
  key: string;
  /** Of its body: another one with the same key is another request. */
  hash: string;
}

/** What came of a request. */
export interface KeptRequest {
  hash: string;
  /** What its answer is made of again. */
  answer: string;
}
