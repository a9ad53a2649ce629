import type { Clock } from "../../src/clock.ts";
import { timeOfId } from "../../src/ids.ts";

const LONGEST_MILLISECONDS = 30_000;
/** Messages that are behind by less are on time: they come before their runs are due. */
const ON_TIME_MILLISECONDS = 1000;
/** Other partitions may be so many times as far behind as those of this worker. */
const PARTITIONS_APART = 2;
/** What was heard holds for so long; then no messages come, and there is nothing to wait for. */
const HOLDS_MILLISECONDS = 1000;
/** A worker that has just started has yet to be brought its messages. */
const JOIN_MILLISECONDS = 5000;

/**
 * How far messages are behind the triggers that sent them. While they come, a run that is younger than that has not been
 * forgotten: a sweeper that claims it because it is due writes it once more than its message would, and adds to the load that
 * made the messages late. At most 30 s, since a message may have got lost among many. Messages that are later than that tell
 * nothing of new runs: they come from a backlog, or again because the offsets of the group were set back, and sweepers had
 * their runs already.
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
