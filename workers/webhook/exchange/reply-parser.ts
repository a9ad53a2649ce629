/** Reads an HTTP/1.1 reply (RFC 9112) from the pieces in which it comes. */
import { StepFailure } from "../../../src/connectors/index.ts";

/** Of the heads of a reply together; of the size of each chunk with its extensions; of trailers. */
const MAX_LINE_BYTES = 64 * 1024;
/** Of all that frames the chunks of a body. Chunks of 10 bytes, as programs send that write word by word, stay below. */
const MAX_FRAMING_BYTES = 512 * 1024;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const CHUNK_SIZE = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i;

export interface ReplyHead {
  status: number;
  /** The values of a header, joined with commas; null without one. */
  header(name: string): string | null;
}

/** Where what was read goes. */
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
  #version = 1;
  #status = 0;
  #headers: [name: string, value: string][] = [];
  #framingBytes = 0;
  /** What small chunks of one piece hold, copied: a view of each would keep the whole piece in memory. */
  #gathered = new Uint8Array(0);
  #gatheredBytes = 0;
  /** Whether anything came. */
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
      throw this.#status === 0 ? StepFailure.of("reply_not_http", {}) : StepFailure.of("reply_head_too_large", {});
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
      case "status": {
        const [, version, status] = STATUS_LINE.exec(line) ?? [];
        if (version === undefined) throw StepFailure.of("reply_not_http", {});
        this.#version = Number(version);
        this.#status = Number(status);
        this.#state = "headers";
        return;
      }
      case "headers":
        if (line !== "") this.#takeHeader(line);
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
        // Trailers: nothing asks for them.
        if (line === "") this.#end(isLast);
    }
  }

  #takeHeader(line: string): void {
    if (line.startsWith(" ") || line.startsWith("\t")) {
      const last = this.#headers.at(-1);
      if (last !== undefined) {
        last[1] += ` ${line.trim()}`;
        return;
      }
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || /[\s\0]/.test(name)) throw StepFailure.of("reply_not_http", {});
    this.#headers.push([name, line.slice(colon + 1).trim()]);
  }

  #header(name: string): string | null {
    let all: string | null = null;
    for (const [one, value] of this.#headers) if (one === name) all = all === null ? value : `${all}, ${value}`;
    return all;
  }

  #onHead(isLast: boolean): void {
    const status = this.#status;
    if (status < 200) {
      // 100 and 103 come before the reply; nobody asked for another protocol (101).
      if (status === 101) throw StepFailure.of("reply_not_http", {});
      this.#headers = [];
      this.#state = "status";
      return;
    }
    this.#frameBody(status);
    this.#target.onHead({ status, header: (name) => this.#header(name) });
    if (this.#state === "body" && this.#left === 0) this.#end(isLast);
  }

  /** How long the body is: RFC 9112, 6.3. */
  #frameBody(status: number): void {
    const coding = this.#header("transfer-encoding");
    const length = this.#header("content-length");
    if (status === 204 || status === 304) this.#state = "body";
    else if (coding !== null) {
      if (coding.toLowerCase() !== "chunked") throw StepFailure.of("reply_not_http", {});
      this.#state = "chunk-size";
    } else if (length === null) this.#state = "until-close";
    else {
      // Said several times, it has to be the same.
      const [one = "", ...others] = length.split(",").map((each) => each.trim());
      if (!/^\d{1,15}$/.test(one) || others.some((other) => other !== one)) throw StepFailure.of("reply_not_http", {});
      this.#left = Number(one);
      this.#state = "body";
    }
  }

  #end(isLast: boolean): void {
    this.#giveGathered();
    const framed = this.#state !== "until-close";
    this.#state = "end";
    const connection = this.#header("connection");
    const asked = connection === null ? [] : connection.toLowerCase().split(/[ \t,]+/);
    const kept = this.#version === 1 ? !asked.includes("close") : asked.includes("keep-alive");
    // Two ways to tell the length are one too many, even where both say the same.
    const ambiguous = this.#header("transfer-encoding") !== null && this.#header("content-length") !== null;
    this.#target.onEnd(framed && isLast && kept && !ambiguous);
  }
}
