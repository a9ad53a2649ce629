/** A file of JSON lines, each on disk before its writer goes on: what it says happened has happened. */
import { fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** The client's: a request before it is sent, and what came of it. Any `n` is sent once. */
export type RequestLine =
  | { kind: "sent"; n: number; at: number }
  | { kind: "answered"; n: number; at: number; status: number; runId: string | null; retryAfter: string | null }
  /** No answer came: the run may be there or not. */
  | { kind: "broken"; n: number; at: number; error: string };

export class Ledger<Line extends object> {
  readonly path: string;
  readonly #file: number;
  #waiting: { text: string; written: () => void; failed: (error: unknown) => void }[] = [];

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, "a");
  }

  /** Resolves when the line is on disk; lines of one turn of the event loop share a sync. */
  write(line: Line): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ text: `${JSON.stringify(line)}\n`, written: resolve, failed: reject });
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    return promise;
  }

  #flush(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    try {
      writeSync(this.#file, lines.map(({ text }) => text).join(""));
      fsyncSync(this.#file);
    } catch (error) {
      for (const { failed } of lines) failed(error);
      return;
    }
    for (const { written } of lines) written();
  }
}

/** The lines of a ledger, as its writer wrote them. A last line that was cut off was never relied on. */
export function readLedger<Line extends object>(path: string): Line[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line): Line => JSON.parse(line));
}
