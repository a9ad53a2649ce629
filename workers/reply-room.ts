/**
 * Bytes of replies that were read and are not persisted yet, in memory that the threads of a pool share with the main thread.
 * A reader takes room before it keeps bytes; the main thread gives it back once what came of them is persisted or dropped.
 *
 * Int32 cells: [0] bytes in all; then for each slot the bytes of its task.
 */

const MAX_BYTES = 4 * 1024 * 1024;
/** For the reply that a thread began to read first: it comes to its end, so that half-read ones never wait for each other. */
const MAX_BYTES_OF_FIRST = 6 * 1024 * 1024;
const LOOK_MILLISECONDS = 5;

export class ReplyBytes {
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.#cells = new Int32Array(buffer);
  }

  /** Room for so many tasks at once. */
  static allocate(slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer((1 + slots) * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Takes room for a task's reply, unless there is none below the limit. */
  tryTake(slot: number, bytes: number, limit: number): boolean {
    if (Atomics.add(this.#cells, 0, bytes) + bytes > limit) {
      Atomics.sub(this.#cells, 0, bytes);
      return false;
    }
    Atomics.add(this.#cells, 1 + slot, bytes);
    return true;
  }

  /** What the task of a slot took, which is the caller's to give back from now on. */
  takeOver(slot: number): number {
    return Atomics.exchange(this.#cells, 1 + slot, 0);
  }

  giveBack(bytes: number): void {
    Atomics.sub(this.#cells, 0, bytes);
  }
}

interface Waiting {
  slot: number;
  bytes: number;
  /** Which reply of this thread it is for, counted from the first. */
  turn: number;
  resolve(): void;
}

/** Where the readers of one thread wait for room, those that began first before others. */
export class ReplyRoom {
  readonly #bytes: ReplyBytes;
  #waiting: Waiting[] = [];
  #turns = 0;

  constructor(bytes: ReplyBytes) {
    this.#bytes = bytes;
  }

  /** For one reply: what its reader calls before it keeps bytes. `onWait` is told when a wait begins and when it ends. */
  reader(slot: number, onWait: (waits: boolean) => void): (bytes: number) => Promise<void> | void {
    let turn = 0;
    return (bytes) => {
      if (turn === 0) turn = ++this.#turns;
      if (this.#waiting.length === 0 && this.#bytes.tryTake(slot, bytes, MAX_BYTES)) return;
      onWait(true);
      return new Promise<void>((resolve) => {
        if (this.#waiting.length === 0) setTimeout(() => this.#look(), LOOK_MILLISECONDS);
        const place = this.#waiting.findLastIndex((other) => other.turn < turn) + 1;
        this.#waiting.splice(place, 0, { slot, bytes, turn, resolve });
      }).then(() => onWait(false));
    };
  }

  /** Gives back what a task took whose reply came to nothing. */
  drop(slot: number): void {
    this.#bytes.giveBack(this.#bytes.takeOver(slot));
  }

  #look(): void {
    for (let limit = MAX_BYTES_OF_FIRST; ; limit = MAX_BYTES) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      if (!this.#bytes.tryTake(first.slot, first.bytes, limit)) break;
      this.#waiting.shift();
      first.resolve();
    }
    setTimeout(() => this.#look(), LOOK_MILLISECONDS);
  }
}
