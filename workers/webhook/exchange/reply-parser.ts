/** Reads an HTTP/1.1 reply (RFC 9112) from the pieces in which it comes. */
import { StepFailure } from "../../../src/connectors/index.ts";
import { HeadReader } from "./reply-head.ts";

/** Of the heads of a reply together; of the size of each chunk with its extensions; of trailers. */
const MAX_LINE_BYTES = 64 * 1024;
/** Of the framing of all chunks of a body. Chunks of 10 bytes, from programs that write word by word, are below it. */
const MAX_FRAMING_BYTES = 512 * 1024;
// Some programs fill the size up with zeros, to a width of their own.
const CHUNK_SIZE = /^0*([0-9a-f]{1,8})[ \t]*(?:;|$)/i;

export interface ReplyHead {
  status: number;
  /** The values of a header, joined with commas; null without one. */
  header(name: string): string | null;
}

/** Gets the parts of a reply. */
export interface ReplyTarget {
  onHead(head: ReplyHead): void;
  onBody(bytes: Uint8Array): void;
  /** @param reusable whether another request may follow on the connection */
  onEnd(reusable: boolean): void;
}

type State = "status" | "headers" | "body" | "chunk-size" | "chunk" | "chunk-end" | "trailers" | "until-close" | "end";

export class ReplyParser {
  readonly #target: ReplyTarget;
  #state: State = "status";
  /** The beginning of a line whose end has not come yet. */
  #line = "";
  #lineBytes = 0;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  readonly #head = new HeadReader();
  #framingBytes = 0;
  /** The content of small chunks of one piece, copied: a view of each would keep the whole piece in memory. */
  #gathered = new Uint8Array(0);
  #gatheredBytes = 0;
  /** Whether any byte came. */
  begun = false;

  constructor(target: ReplyTarget) {
    this.#target = target;
  }

  /** @throws StepFailure when it is no HTTP, or has too much in its lines */
  push(bytes: Buffer): void {
    this.begun = true;
    let at = 0;
    while (at < bytes.length) {
      // More than one reply to one request: such a connection is not used again.
      if (this.#state === "end") return;
      if (this.#state === "until-close") {
        this.#target.onBody(bytes.subarray(at));
        return;
      }
      at = this.#left > 0 ? this.#takeBody(bytes, at) : this.#takeLine(bytes, at);
    }
    this.#giveGathered();
  }

  /** The other side has closed the connection, in good order. @throws StepFailure when the reply was not over */
  close(): void {
    if (this.#state === "until-close") this.#end(false);
    else if (this.#state !== "end") throw StepFailure.of("reply_cut", {});
  }

  #takeBody(bytes: Buffer, at: number): number {
    const until = Math.min(bytes.length, at + this.#left);
    this.#left -= until - at;
    const part = bytes.subarray(at, until);
    if (this.#state === "chunk" && 2 * part.length < bytes.length) this.#gather(part, bytes.length);
    else {
      this.#giveGathered();
      this.#target.onBody(part);
    }
    if (this.#left === 0) {
      if (this.#state === "chunk") this.#state = "chunk-end";
      else this.#end(until === bytes.length);
    }
    return until;
  }

  #gather(part: Uint8Array, atMost: number): void {
    if (this.#gatheredBytes === 0) this.#gathered = new Uint8Array(atMost);
    this.#gathered.set(part, this.#gatheredBytes);
    this.#gatheredBytes += part.length;
  }

  #giveGathered(): void {
    if (this.#gatheredBytes === 0) return;
    this.#target.onBody(this.#gathered.slice(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
  }

  #takeLine(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(10, at);
    const until = found < 0 ? bytes.length : found;
    this.#lineBytes += until + 1 - at;
    if (this.#lineBytes > MAX_LINE_BYTES) {
      throw this.#head.status === 0 ? StepFailure.of("reply_not_http", {}) : StepFailure.of("reply_head_too_large", {});
    }
    if (this.#state.startsWith("chunk")) {
      this.#framingBytes += until + 1 - at;
      if (this.#framingBytes > MAX_FRAMING_BYTES) throw StepFailure.of("reply_in_small_chunks", {});
    }
    if (found < 0) {
      this.#line += bytes.toString("latin1", at, until);
      return until;
    }
    const isWhole = this.#line === "";
    const end = isWhole && until > at && bytes[until - 1] === 13 ? until - 1 : until;
    const text = end === at ? "" : bytes.toString("latin1", at, end);
    const line = isWhole ? text : (this.#line + text).replace(/\r$/, "");
    this.#line = "";
    this.#onLine(line, found + 1 === bytes.length);
    return found + 1;
  }

  #onLine(line: string, isLast: boolean): void {
    switch (this.#state) {
      case "status":
        this.#head.takeStatusLine(line);
        this.#state = "headers";
        return;
      case "headers":
        if (line !== "") this.#head.takeHeaderLine(line);
        else this.#onHead(isLast);
        return;
      case "chunk-size": {
        const [, size] = CHUNK_SIZE.exec(line) ?? [];
        if (size === undefined) throw StepFailure.of("reply_not_http", {});
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? "trailers" : "chunk";
        return;
      }
      case "chunk-end":
        if (line !== "") throw StepFailure.of("reply_not_http", {});
        this.#state = "chunk-size";
        this.#lineBytes = 0;
        return;
      default:
        // Trailers are not used.
        if (line === "") this.#end(isLast);
    }
  }

  #onHead(isLast: boolean): void {
    const head = this.#head;
    const { status } = head;
    if (status < 200) {
      // 100 and 103 come before the reply; no request asks for another protocol (101).
      if (status === 101) throw StepFailure.of("reply_not_http", {});
      this.#state = "status";
      return;
    }
    const framing = head.framing();
    if (framing.kind === "length") {
      this.#left = framing.bytes;
      this.#state = "body";
    } else this.#state = framing.kind === "chunked" ? "chunk-size" : "until-close";
    this.#target.onHead({ status, header: (name) => head.header(name) });
    if (this.#state === "body" && this.#left === 0) this.#end(isLast);
  }

  #end(isLast: boolean): void {
    this.#giveGathered();
    const isFramed = this.#state !== "until-close";
    this.#state = "end";
    this.#target.onEnd(isFramed && isLast && this.#head.keepsConnection());
  }
}
