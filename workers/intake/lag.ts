import type { Clock } from "../../src/clock.ts";
import { timeOfId } from "../../src/ids.ts";

const LONGEST_MILLISECONDS = 30_000;
/** Messages that are behind by less are on time: they come before their runs are due. */
const ON_TIME_MILLISECONDS = 1000;
/** Other partitions may be so many times as far behind as those of this worker. */
const PARTITIONS_APART = 2;
/** How long a measured lag counts: after that no messages come, and there is nothing to wait for. */
const HOLDS_MILLISECONDS = 1000;
/** How long a worker that has just started may wait for its first messages. */
const JOIN_MILLISECONDS = 5000;

/**
 * How far messages are behind the triggers that sent them. A run that is younger than that is left to its message: if a sweeper
 * claimed it because it is due, it would be written once more, which adds to the load that made the messages late. At most 30 s,
 * since single messages may be lost. Messages that are later than that are ignored: they come from a backlog, or again after the
 * offsets of the group were set back, and sweepers have claimed their runs already.
 */
export class MessageLag {
  readonly #clock: Clock;
  #patience = LONGEST_MILLISECONDS;
  #until: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#until = clock.monotonic() + JOIN_MILLISECONDS;
  }

  /** Messages came now, and this run is the oldest that they name of those that exist. */
  heard(runId: string): void {
    const triggeredAt = timeOfId(runId);
    if (triggeredAt === null) return;
    const late = this.#clock.now() - triggeredAt;
    const patience = Math.min(late * PARTITIONS_APART, LONGEST_MILLISECONDS);
    if (late < ON_TIME_MILLISECONDS || late > LONGEST_MILLISECONDS || patience < this.patience()) return;
    this.#patience = patience;
    this.#until = this.#clock.monotonic() + HOLDS_MILLISECONDS;
  }

  /** How long new runs that are due are left to their messages, milliseconds. */
  patience(): number {
    return this.#clock.monotonic() < this.#until ? this.#patience : 0;
  }
}
