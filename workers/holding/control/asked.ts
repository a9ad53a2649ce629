import type { Cancel } from "../../../src/schemas/control/control.ts";

/** What is asked of a held run, and how far that is done. */
export class Asked {
  /** How it is to be cancelled; null where it is not. */
  cancel: Cancel | null = null;
  /** Its thread is about to give it up, to be cancelled: nothing of it begins meanwhile. */
  isCancelling = false;
  /** It is to stand still: nothing of it begins any more, and it is given back once what is under way is over. */
  isPausing = false;
  #isObeyed = false;

  /** A thread told what became of the run: if it is to be cancelled, that is in its log now. */
  told(): void {
    this.#isObeyed = this.cancel !== null;
  }

  /** The request that the next write of the run carries out; null for none, and once it was asked for. */
  takeObeyed(): Cancel | null {
    const obeyed = this.#isObeyed ? this.cancel : null;
    this.#isObeyed = false;
    return obeyed;
  }
}
