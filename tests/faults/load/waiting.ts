const POLL_MS = 20;

/**
 * Waits until something is so, and resolves with how long that took, in milliseconds.
 *
 * @throws Error naming it when it is not so in time
 */
export async function until(
  what: string,
  deadlineMs: number,
  isSo: () => boolean | Promise<boolean>,
  pollMs = POLL_MS,
): Promise<number> {
  const start = performance.now();
  while (!(await isSo())) {
    if (performance.now() - start > deadlineMs) throw new Error(`Not so within ${deadlineMs} ms: ${what}`);
    await Bun.sleep(pollMs);
  }
  return performance.now() - start;
}
