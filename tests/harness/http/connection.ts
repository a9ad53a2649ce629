/**
 * One user's keep-alive TCP connection with one request at a time. Raw, so that a connection that the server drops is
 * an error and never mended in silence, and so that a request can be sent in parts.
 */
import type { Socket } from "bun";

export interface RawReply {
  status: number;
  headers: Headers;
  text: string;
  /** From the last byte sent to the last byte of the reply. */
  tookMs: number;
}

interface Waiting {
  what: string;
  /** Gives up on the reply. */
  late: Timer;
  resolve(reply: RawReply): void;
  reject(error: Error): void;
}

const DEADLINE_MS = 60_000;

export class Connection {
  readonly #host: string;
  #socket: Socket<Connection> | null = null;
  #unsent: Uint8Array = new Uint8Array();
  #received: Uint8Array[] = [];
  #bytes = 0;
  /** Bytes of the whole reply; 0 while its head is incomplete. */
  #length = 0;
  #bodyAt = 0;
  #waiting: Waiting | null = null;
  #sentAt = 0;

  private constructor(host: string) {
    this.#host = host;
  }

  /** Rejects when the server does not take the connection. */
  static async open(url: string): Promise<Connection> {
    const { hostname, port, host } = new URL(url);
    const connection = new Connection(host);
    await Bun.connect({ hostname, port: Number(port), socket: EVENTS, data: connection });
    return connection;
  }

  get(path: string): Promise<RawReply> {
    return this.#ask(`GET ${path}`, this.#head("GET", path, ""));
  }

  post(path: string, body: string): Promise<RawReply> {
    return this.#ask(`POST ${path}`, this.#head("POST", path, body) + body);
  }

  /** Sends all but the last byte of a POST; the function it gives sends that byte. */
  begin(path: string, body: string): { finish(): Promise<RawReply> } {
    const text = this.#head("POST", path, body) + body;
    this.#write(text.slice(0, -1));
    return { finish: () => this.#ask(`the last byte of POST ${path}`, text.slice(-1)) };
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.end();
  }

  opened(socket: Socket<Connection>): void {
    socket.setNoDelay(true);
    this.#socket = socket;
  }

  /** Bun leaves the rest of a short write to its caller. */
  drained(): void {
    const rest = this.#unsent;
    this.#unsent = new Uint8Array();
    if (rest.length > 0) this.#write(rest);
  }

  ended(why: string): void {
    this.#socket = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    clearTimeout(waiting?.late);
    waiting?.reject(new Error(`${waiting.what}: ${why} after ${this.#bytes} bytes of the reply`));
  }

  received(chunk: Uint8Array): void {
    this.#received.push(Uint8Array.from(chunk));
    this.#bytes += chunk.length;
    if (this.#length === 0) this.#readHead();
    if (this.#length === 0 || this.#bytes < this.#length) return;
    const whole = Buffer.concat(this.#received);
    const [statusLine = "", ...lines] = whole.toString("latin1", 0, this.#bodyAt).trimEnd().split("\r\n");
    const headers = new Headers();
    for (const line of lines)
      headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
    const text = whole.toString("utf8", this.#bodyAt, this.#length);
    const waiting = this.#waiting;
    this.#forget();
    clearTimeout(waiting?.late);
    waiting?.resolve({
      status: Number(statusLine.slice(9, 12)),
      headers,
      text,
      tookMs: performance.now() - this.#sentAt,
    });
  }

  #readHead(): void {
    const start = Buffer.concat(this.#received);
    const end = start.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = /^content-length: *(\d+)/im.exec(start.toString("latin1", 0, end))?.[1];
    if (length === undefined) {
      this.ended("a reply without a content-length");
      return;
    }
    this.#bodyAt = end + 4;
    this.#length = this.#bodyAt + Number(length);
  }

  #forget(): void {
    this.#received = [];
    this.#bytes = 0;
    this.#length = 0;
    this.#waiting = null;
  }

  #head(method: string, path: string, body: string): string {
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n`;
    if (method === "GET") return `${head}\r\n`;
    return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  }

  #ask(what: string, text: string): Promise<RawReply> {
    if (this.#socket === null) return Promise.reject(new Error(`${what}: the server had closed the connection`));
    return new Promise<RawReply>((resolve, reject) => {
      const late = setTimeout(() => this.ended(`no reply in ${DEADLINE_MS} ms`), DEADLINE_MS);
      this.#waiting = { what, late, resolve, reject };
      this.#sentAt = performance.now();
      this.#write(text);
    });
  }

  #write(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const written = Math.max(0, this.#socket?.write(bytes) ?? bytes.length);
    if (written < bytes.length) this.#unsent = bytes.slice(written);
  }
}

// One set of handlers for all; each socket carries its connection.
const EVENTS = {
  open: (socket: Socket<Connection>) => socket.data.opened(socket),
  data: (socket: Socket<Connection>, chunk: Uint8Array) => socket.data.received(chunk),
  drain: (socket: Socket<Connection>) => socket.data.drained(),
  end: (socket: Socket<Connection>) => socket.data.ended("closed by the server"),
  close: (socket: Socket<Connection>) => socket.data.ended("closed"),
  error: (socket: Socket<Connection>, error: Error) => socket.data.ended(error.message),
};
