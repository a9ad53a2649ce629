import type { Socket } from "node:net";
import { StepFailure } from "../../../src/connectors/index.ts";
import type { Signal } from "../port.ts";
import { Stale } from "./failures.ts";
import type { Inflow, Inflowing } from "./inflow.ts";
import { pauseReading } from "./pausing.ts";
import { type ReplyHead, ReplyParser } from "./reply-parser.ts";

/** A reply whose body is still to be read, or given up with `cancel`. */
export interface Reply extends ReplyHead {
  body(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  cancel(): void;
}

/** A request under way: what its reply's reader has not taken yet, and who waits for what. */
export class Exchange implements Inflowing {
  readonly reply: Promise<Reply>;
  head: ReplyHead | null = null;
  readonly #parser: ReplyParser;
  readonly #socket: Socket;
  readonly #reused: boolean;
  readonly #signal: Signal;
  readonly #inflow: Inflow;
  readonly #onEnd: (reusable: boolean) => void;
  readonly #chunks: Uint8Array[] = [];
  /** Bytes that came and that the reader has not taken. */
  #untaken = 0;
  #isHeld = false;
  #isPaused = false;
  #state: "open" | "complete" | Error = "open";
  #wake: () => void = () => {};
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: Error) => void = () => {};
  readonly #onAbort = () => this.#fail(reasonOf(this.#signal));

  constructor(
    socket: Socket,
    { isReused, inflow, signal }: { isReused: boolean; inflow: Inflow; signal: Signal },
    onEnd: (reusable: boolean) => void,
  ) {
    this.#socket = socket;
    this.#reused = isReused;
    this.#signal = signal;
    this.#inflow = inflow;
    this.#onEnd = onEnd;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#parser = new ReplyParser({
      onHead: (head) => {
        this.head = head;
        this.#resolve({
          ...head,
          // Most replies have come whole before anybody reads them.
          body: () => (this.#state === "complete" ? this.#whole() : this.#body()),
          cancel: () => {
            if (this.#state === "open") this.#fail(StepFailure.of("reply_cut", {}));
            this.#take(this.#untaken);
          },
        });
      },
      onBody: (bytes) => {
        this.#chunks.push(bytes);
        this.#untaken += bytes.byteLength;
        inflow.came(this, bytes.byteLength);
        this.#wake();
      },
      onEnd: (reusable) => {
        this.#state = "complete";
        this.#finish(reusable);
      },
    });
    signal.addEventListener("abort", this.#onAbort);
    inflow.expect(this);
  }

  push(bytes: Buffer): void {
    this.#guarded(() => this.#parser.push(bytes));
    // Until its reader has taken this, the kernel keeps the rest.
    this.#pauseOrResume();
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#pauseOrResume();
  }

  /** The other side has said that nothing more comes. */
  end(): void {
    if (this.#parser.begun) this.#guarded(() => this.#parser.close());
    else this.break();
  }

  /** The connection is gone. */
  break(): void {
    if (this.#parser.begun) this.#fail(StepFailure.of("reply_cut", {}));
    else this.#fail(this.#reused ? new Stale() : StepFailure.of("no_reply", {}));
  }

  #pauseOrResume(): void {
    const pause = this.#state === "open" && (this.#isHeld || this.#chunks.length > 0);
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    pauseReading(this.#socket, pause);
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    if (this.#state !== "open") return;
    this.#state = error;
    // Without a head nobody reads what came.
    if (this.head === null) this.#take(this.#untaken);
    this.#reject(error);
    this.#finish(false);
  }

  #finish(reusable: boolean): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#inflow.over(this);
    this.#pauseOrResume();
    this.#wake();
    this.#onEnd(reusable);
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          yield chunk;
          this.#take(chunk.byteLength);
        } else if (this.#state === "complete") return;
        else if (this.#state !== "open") throw this.#state;
        else {
          const more = new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#pauseOrResume();
          await more;
        }
      }
    } finally {
      // A reader that has had enough leaves the rest of the reply in the way.
      if (this.#state === "open") this.#fail(StepFailure.of("reply_cut", {}));
      this.#take(this.#untaken);
    }
  }

  *#whole(): Generator<Uint8Array> {
    try {
      yield* this.#chunks;
    } finally {
      this.#take(this.#untaken);
    }
  }

  #take(bytes: number): void {
    this.#untaken -= bytes;
    this.#inflow.taken(bytes);
  }
}

function reasonOf({ reason }: Signal): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
