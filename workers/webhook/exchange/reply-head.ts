/** The head of an HTTP/1.1 reply (RFC 9112): its status line and headers, line by line. */
import { StepFailure } from "../../../src/connectors/index.ts";

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;

/** How the body of a reply ends: after so many bytes, with its last chunk, or with the connection. */
export type Framing = { kind: "length"; bytes: number } | { kind: "chunked" } | { kind: "until_close" };

/** Reads heads, of interim replies too: the last one counts. */
export class HeadReader {
  #version = 1;
  #headers: [name: string, value: string][] = [];
  /** 0 before the first status line. */
  status = 0;

  /** @throws StepFailure when it is no status line of HTTP/1 */
  takeStatusLine(line: string): void {
    const [, version, status] = STATUS_LINE.exec(line) ?? [];
    if (version === undefined) throw StepFailure.of("reply_not_http", {});
    this.#version = Number(version);
    this.status = Number(status);
    this.#headers = [];
  }

  /** @throws StepFailure when it is no header */
  takeHeaderLine(line: string): void {
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

  /** The values of a header, joined with commas; null without one. */
  header(name: string): string | null {
    let all: string | null = null;
    for (const [one, value] of this.#headers) if (one === name) all = all === null ? value : `${all}, ${value}`;
    return all;
  }

  /** How the body ends: RFC 9112, 6.3. @throws StepFailure where the headers contradict themselves */
  framing(): Framing {
    const coding = this.header("transfer-encoding");
    const length = this.header("content-length");
    if (this.status === 204 || this.status === 304) return { kind: "length", bytes: 0 };
    // "identity" is none: servers of before RFC 7230 say so.
    if (coding !== null && coding.toLowerCase() !== "identity") {
      if (coding.toLowerCase() !== "chunked") throw StepFailure.of("reply_not_http", {});
      return { kind: "chunked" };
    }
    if (length === null) return { kind: "until_close" };
    // A length that is given several times has to be the same.
    const [one = "", ...others] = length.split(",").map((each) => each.trim());
    if (!/^\d{1,15}$/.test(one) || others.some((other) => other !== one)) throw StepFailure.of("reply_not_http", {});
    return { kind: "length", bytes: Number(one) };
  }

  /** Whether the connection stays open after the reply. */
  keepsConnection(): boolean {
    const connection = this.header("connection");
    const asked = connection === null ? [] : connection.toLowerCase().split(/[ \t,]+/);
    const isKept = this.#version === 1 ? !asked.includes("close") : asked.includes("keep-alive");
    // With a length and chunks a proxy on the way may see another end, even where both are the same here.
    const isAmbiguous = this.header("transfer-encoding") !== null && this.header("content-length") !== null;
    return isKept && !isAmbiguous;
  }
}
