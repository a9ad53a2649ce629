import type { Socket } from "node:net";
import { StepFailure } from "../../../src/connectors/index.ts";
import type { Signal } from "../port.ts";
import { Stale } from "./failures.ts";
import { type ReplyHead, ReplyParser } from "./reply-parser.ts";

/** A reply whose body is still to be read, or given up with `cancel`. */
export interface Reply extends ReplyHead {
  body(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  cancel(): void;
}

/** A request under way: what its reply's reader has not taken yet, and who waits for what. */
export class Exchange {
  readonly reply: Promise<Reply>;
  head: ReplyHead | null = null;
  readonly #parser: ReplyParser;
  readonly #socket: Socket;
  readonly #reused: boolean;
  readonly #signal: Signal;
  readonly #onEnd: (reusable: boolean) => void;
  readonly #chunks: Uint8Array[] = [];
  #isPaused = false;
  #state: "open" | "complete" | Error = "open";
  #wake: () => void = () => {};
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: Error) => void = () => {};
  readonly #onAbort = () => this.#fail(reasonOf(this.#signal));

  constructor(socket: Socket, reused: boolean, signal: Signal, onEnd: (reusable: boolean) => void) {
    this.#socket = socket;
    this.#reused = reused;
    this.#signal = signal;
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
          body: () => (this.#state === "complete" ? this.#chunks : this.#body()),
          cancel: () => {
            if (this.#state === "open") this.#fail(StepFailure.of("reply_cut", {}));
          },
        });
      },
      onBody: (bytes) => {
        this.#chunks.push(bytes);
        this.#wake();
      },
      onEnd: (reusable) => {
        this.#state = "complete";
        this.#finish(reusable);
      },
    });
    signal.addEventListener("abort", this.#onAbort);
  }

  push(bytes: Buffer): void {
    this.#guarded(() => this.#parser.push(bytes));
    // Until its reader has taken this, the kernel keeps the rest.
    if (this.#state === "open" && this.#chunks.length > 0) this.#pause(true);
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

  #pause(pause: boolean): void {
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
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
    this.#reject(error);
    this.#finish(false);
  }

  #finish(reusable: boolean): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#pause(false);
    this.#wake();
    this.#onEnd(reusable);
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (this.#state === "complete") return;
        else if (this.#state !== "open") throw this.#state;
        else {
          const more = new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#pause(false);
          await more;
        }
      }
    } finally {
      // A reader that has had enough leaves the rest of the reply in the way.
      if (this.#state === "open") this.#fail(StepFailure.of("reply_cut", {}));
    }
  }
}

function reasonOf({ reason }: Signal): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
