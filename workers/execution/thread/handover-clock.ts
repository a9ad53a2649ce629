/**
 * The monotonic clock of who hands tasks over, as their thread knows it: performance.now() begins anew in each thread, and
 * process.hrtime() of Bun does so too.
 */
export class HandoverClock {
  /** How far performance.now() is ahead of it, by the task that came fastest: too far by the time that this one took. */
  #ahead = Number.POSITIVE_INFINITY;

  /** Milliseconds; before the first task it is not known, and long ago. */
  now(): number {
    return performance.now() - this.#ahead;
  }

  /**
   * What is to be added to performance.now() for the time of the database, now that a task has come.
   *
   * @param time of the database as it was handed over, milliseconds since the epoch
   * @param sentAt the same on the clock of who did so
   */
  offset(time: number, sentAt: number): number {
    this.#ahead = Math.min(this.#ahead, performance.now() - sentAt);
    return time - sentAt - this.#ahead;
  }
}
