import type { InboxRow } from "../schemas/log/inbox.ts";
import type { TestSignals } from "../schemas/test-input.ts";

/** The signals of a test, which come at their time. */
export class Mail {
  readonly #signals: TestSignals;
  #sent = 0;

  constructor(signals: TestSignals) {
    this.#signals = signals.toSorted((one, other) => one.at - other.at);
  }

  /** When the next one comes, in milliseconds from the start of the run; Infinity after the last. */
  get next(): number {
    const signal = this.#signals[this.#sent];
    return signal === undefined ? Number.POSITIVE_INFINITY : Math.ceil(signal.at * 1000);
  }

  /**
   * Those that have come by now and were not given before.
   *
   * @param milliseconds from the start of the run
   * @param startedAt when that was, milliseconds since the epoch
   */
  until(milliseconds: number, startedAt: number): InboxRow[] {
    const rows: InboxRow[] = [];
    while (this.next <= milliseconds) {
      const receivedAt = startedAt + this.next;
      const { name, body = null } = this.#signals[this.#sent++] ?? { name: "" };
      const seq = this.#sent;
      const id = `00000000-0000-7000-8000-${String(seq).padStart(12, "0")}`;
      rows.push({ seq, kind: "signal", name, body: JSON.stringify(body), id, receivedAt });
    }
    return rows;
  }
}
