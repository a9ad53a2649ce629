/** A text at least so long counts: shorter ones are collected soon enough by themselves. */
const LONG = 64 * 1024;
const MAX_CHARACTERS = 4 * 1024 * 1024;

let passed = 0;

/**
 * Tells that a text went through this thread. A reply of 1 MiB leaves some 20 MB of garbage on its way, and the collector by
 * itself waits until a heap has doubled: 300 such replies took 304 MB in place of 233.
 */
export function textPassed({ length }: string): void {
  if (length < LONG) return;
  passed += length;
  if (passed < MAX_CHARACTERS) return;
  passed = 0;
  Bun.gc(true);
}
