import { ReplyBytes } from "./reply-bytes.ts";
import { SharedProgress } from "./shared.ts";

/** Slots of shared memory: one for each task of pure steps, and for each effect, while a thread has it. */
export class Slots {
  readonly progress: SharedProgress;
  readonly replies: ReplyBytes;
  readonly #free: number[];
  readonly #used = new Set<number>();
  readonly #queue: (() => void)[] = [];

  constructor(count: number, memory: { progress: ArrayBufferLike; replies: ArrayBufferLike }) {
    this.progress = new SharedProgress(memory.progress);
    this.replies = new ReplyBytes(memory.replies);
    this.#free = Array.from({ length: count }, (_, index) => count - 1 - index);
  }

  /** Bytes of the memory for so many. */
  static bytes(count: number): { progress: number; replies: number } {
    return { progress: SharedProgress.bytes(count), replies: ReplyBytes.bytes(count) };
  }

  get used(): ReadonlySet<number> {
    return this.#used;
  }

  /** A free slot; a promise where all are used. */
  take(): Promise<number> | number {
    const slot = this.#free.pop();
    if (slot !== undefined) {
      this.#used.add(slot);
      return slot;
    }
    return new Promise<void>((resolve) => this.#queue.push(resolve)).then(() => this.take());
  }

  release(slot: number): void {
    this.progress.clear(slot);
    this.replies.drop(slot);
    this.#used.delete(slot);
    this.#free.push(slot);
    this.#queue.shift()?.();
  }
}
