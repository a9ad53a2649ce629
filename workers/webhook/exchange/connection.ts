import type { Socket } from "node:net";
import { Stale } from "./failures.ts";
import type { Inflow } from "./inflow.ts";
import { type Call, Exchange, type Reply } from "./under-way.ts";

/** One connection to a host, for one request at a time. */
export class Connection {
  /** The host that it leads to. */
  readonly key: string;
  /** Called when it may carry the next request. */
  onIdle: () => void = () => {};
  /** Called once, when it is gone. */
  onClose: () => void = () => {};
  /** When it was last given back, on the monotonic clock; milliseconds. */
  idleSince = 0;
  /** How long the other side says that it keeps it open. */
  keepMilliseconds = Number.POSITIVE_INFINITY;
  readonly #socket: Socket;
  readonly #inflow: Inflow;
  #exchange: Exchange | null = null;
  #isUsed = false;
  #isClosed = false;

  constructor(key: string, socket: Socket, inflow: Inflow) {
    this.key = key;
    this.#inflow = inflow;
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      // Bytes without a request: often a reply that says that the connection is too old.
      if (this.#exchange === null) this.close();
      else this.#exchange.push(bytes);
    });
    socket.on("end", () => (this.#exchange === null ? this.close() : this.#exchange.end()));
    socket.on("error", () => this.close());
    socket.on("close", () => this.close());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Sends a request and waits for the head of its reply.
   *
   * The promise rejects with NotReached when the connection had been used before and was closed before anything came;
   * StepFailure when what came is no reply; the signal's reason when it is aborted
   */
  send(request: string | Uint8Array, call: Call): Promise<Reply> {
    if (this.#isClosed) return Promise.reject(new Stale());
    const exchange = new Exchange(
      this.#socket,
      { ...call, host: this.key, isReused: this.#isUsed, inflow: this.#inflow },
      (reusable) => {
        this.#exchange = null;
        const head = exchange.head;
        // A reply that came before the whole request was taken leaves the rest of it in the way.
        if (!reusable || head === null || this.#isClosed || this.#socket.writableLength > 0) return this.close();
        const timeout = /\btimeout=(\d+)/i.exec(head.header("keep-alive") ?? "")?.[1];
        if (timeout !== undefined) this.keepMilliseconds = Number(timeout) * 1000;
        this.idleSince = performance.now();
        this.onIdle();
      },
    );
    this.#exchange = exchange;
    this.#isUsed = true;
    this.#socket.write(request);
    return exchange.reply;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#exchange?.break();
    this.#exchange = null;
    this.onClose();
  }
}
