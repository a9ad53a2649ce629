/** Bounds the bytes of replies that have come and that no reader has taken yet, over all connections of a thread. */

/** One read brings up to 512 KiB of a connection, so that 2,000 replies at once could bring 1 GiB. */
const MAX_BYTES = 8 * 1024 * 1024;
/** The replies that began first are read on while others are held, so that half-read ones never wait for each other. */
const OLDEST = 8;

/** A reply under way. */
export interface Inflowing {
  /** Called with true to leave what comes to the kernel, and with false to read it again. */
  hold(isHeld: boolean): void;
}

export class Inflow {
  readonly #maxBytes: number;
  #bytes = 0;
  #isShut = false;
  /** Nothing of these replies has come. */
  readonly #awaited = new Set<Inflowing>();
  /** A part of these has come; the one that began first is the first. */
  readonly #begun = new Set<Inflowing>();

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** A request is sent; its reply will come. */
  expect(reply: Inflowing): void {
    this.#awaited.add(reply);
    if (this.#isShut) reply.hold(true);
  }

  /** So many bytes of a reply came. */
  came(reply: Inflowing, bytes: number): void {
    if (this.#awaited.delete(reply)) this.#begun.add(reply);
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes && !this.#isShut) this.#shut(true);
  }

  /** A reader took so many bytes, or nobody will. */
  taken(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#isShut && this.#bytes <= this.#maxBytes / 2) this.#shut(false);
  }

  /** All of a reply came, or nothing more of it will. */
  over(reply: Inflowing): void {
    this.#awaited.delete(reply);
    if (this.#begun.delete(reply) && this.#isShut) for (const oldest of this.#oldest()) oldest.hold(false);
  }

  #shut(isShut: boolean): void {
    this.#isShut = isShut;
    for (const replies of [this.#awaited, this.#begun]) for (const reply of replies) reply.hold(isShut);
    if (isShut) for (const oldest of this.#oldest()) oldest.hold(false);
  }

  #oldest(): Inflowing[] {
    const oldest: Inflowing[] = [];
    for (const reply of this.#begun) if (oldest.push(reply) === OLDEST) break;
    return oldest;
  }
}
