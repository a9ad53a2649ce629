import type { Socket } from "node:net";
import { StepFailure } from "../../../src/connectors/index.ts";
import type { ReplyAccount, Signal } from "../port.ts";
import { MAX_REPLY_BYTES } from "../reading/reading.ts";
import { Unreadable } from "../reading/unreadable.ts";
import { Stale } from "./failures.ts";
import type { Inflow, Inflowing } from "./inflow.ts";
import { pauseReading } from "./pausing.ts";
import { type ReplyHead, ReplyParser } from "./reply-parser.ts";

/** The signal that calls a request off, and the account of the bytes of its reply. */
export interface Call {
  signal: Signal;
  account: ReplyAccount;
}

/** A reply whose body is still to come, or given up with `cancel`. */
export interface Reply extends ReplyHead {
  /** All of its body. Rejects with Unreadable when it is too large; with StepFailure when it does not come; with the signal's reason. */
  body(): Promise<Uint8Array[]>;
  cancel(): void;
}

/** A request under way, and the part of its reply that has come. */
export class Exchange implements Inflowing {
  readonly reply: Promise<Reply>;
  readonly host: string;
  head: ReplyHead | null = null;
  readonly #parser: ReplyParser;
  readonly #socket: Socket;
  readonly #reused: boolean;
  readonly #call: Call;
  readonly #inflow: Inflow;
  readonly #onEnd: (reusable: boolean) => void;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isHeld = false;
  #state: "open" | "complete" | Error = "open";
  #resolve: (reply: Reply) => void = () => {};
  #reject: (error: Error) => void = () => {};
  /** Called when the reply is complete, or has failed. */
  #onOver: () => void = () => {};
  readonly #onAbort = () => this.#fail(reasonOf(this.#call.signal));

  constructor(
    socket: Socket,
    { host, isReused, inflow, ...call }: { host: string; isReused: boolean; inflow: Inflow } & Call,
    onEnd: (reusable: boolean) => void,
  ) {
    this.host = host;
    this.#socket = socket;
    this.#reused = isReused;
    this.#call = call;
    this.#inflow = inflow;
    this.#onEnd = onEnd;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#parser = new ReplyParser({
      onHead: (head) => {
        this.head = head;
        this.#resolve({ ...head, body: () => this.#body(), cancel: () => this.#fail(StepFailure.of("reply_cut", {})) });
      },
      onBody: (bytes) => this.#take(bytes),
      onEnd: (reusable) => {
        this.#state = "complete";
        this.#finish(reusable);
      },
    });
    call.signal.addEventListener("abort", this.#onAbort);
    inflow.expect(this);
  }

  push(bytes: Buffer): void {
    // Bytes that come once it has failed are ignored.
    if (this.#state === "open") this.#guarded(() => this.#parser.push(bytes));
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    pauseReading(this.#socket, isHeld);
    this.#call.account.held(isHeld);
  }

  giveUp(): void {
    this.#fail(StepFailure.of("not_answered_in_time", {}));
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

  #take(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    this.#call.account.came(bytes.byteLength);
    if (this.#bytes > MAX_REPLY_BYTES) throw Unreadable.size();
    this.#chunks.push(bytes);
    this.#inflow.came(this, bytes.byteLength);
  }

  #body(): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const settle = () => (this.#state === "complete" ? resolve(this.#chunks) : reject(this.#state));
      if (this.#state === "open") this.#onOver = settle;
      else settle();
    });
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
    this.#chunks.length = 0;
    this.#reject(error);
    this.#finish(false);
  }

  #finish(reusable: boolean): void {
    this.#call.signal.removeEventListener("abort", this.#onAbort);
    this.#inflow.over(this, this.#state === "complete");
    if (this.#isHeld) this.hold(false);
    this.#onOver();
    this.#onEnd(reusable);
  }
}

function reasonOf({ reason }: Signal): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
