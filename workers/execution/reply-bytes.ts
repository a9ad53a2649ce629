/**
 * Bytes of replies that came and are not persisted yet, in memory that the threads of a pool share with the main thread. The
 * client of a thread counts them as they come, and reads less where there are too many; the main thread takes them over with
 * the result of their run, and gives them back once that is persisted or dropped.
 *
 * Int32 cells: [0] bytes in all; then for each slot the bytes of its task.
 */
export class ReplyBytes {
  readonly #cells: Int32Array<ArrayBufferLike>;

  constructor(buffer: ArrayBufferLike) {
    this.#cells = new Int32Array(buffer);
  }

  /** Bytes for so many tasks at once. */
  static bytes(slots: number): number {
    return (1 + slots) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Over all threads. */
  get total(): number {
    return Atomics.load(this.#cells, 0);
  }

  /** So many bytes came for the task of a slot. */
  add(slot: number, bytes: number): void {
    Atomics.add(this.#cells, 0, bytes);
    Atomics.add(this.#cells, 1 + slot, bytes);
  }

  /** The bytes of the task of a slot, which are the caller's to give back from now on. */
  takeOver(slot: number): number {
    return Atomics.exchange(this.#cells, 1 + slot, 0);
  }

  giveBack(bytes: number): void {
    Atomics.sub(this.#cells, 0, bytes);
  }

  /** Gives back the bytes of the task of a slot, which has no result. */
  drop(slot: number): void {
    this.giveBack(this.takeOver(slot));
  }
}
