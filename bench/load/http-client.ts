import type { Socket } from "bun";
import type { Target } from "../platform/target.ts";
import { parseHead, readChunked } from "./http-reply.ts";

/** Why no reply came. */
export type Failure = "connect" | "closed" | "timeout" | "garbled";

/** What the owner of a connection wants to hear. A lost connection is reported once; `waiting` says a request died with it. */
export interface Owner {
  replied(connection: Connection, status: number, body: string): void;
  lost(connection: Connection, why: Failure, waiting: boolean): void;
}

/** Serialises one request; the host header is that of the target. */
export function requestText(target: Target, method: string, path: string, body?: string): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/**
 * One user's keep-alive TCP connection, one request at a time. Raw, because on two cores a full HTTP client would cost
 * more than the server that is measured.
 */
export class Connection {
  /** When the request that waits for its reply was sent, in `performance.now()` ms; 0 when none waits. */
  sentAt = 0;
  private socket: Socket<Connection> | undefined;
  private wantBody = false;
  private partial: Buffer | undefined;
  private unsent: Buffer | undefined;
  private skip = 0;
  private skippedStatus = 0;

  constructor(private readonly owner: Owner) {}

  /** Connects; a refusal is told to the owner as `lost(…, "connect")`, not thrown. Resolves to whether it worked. */
  async open(target: Target): Promise<boolean> {
    try {
      await Bun.connect({ hostname: target.host, port: target.port, socket: events, data: this });
    } catch {
      this.fail("connect");
    }
    return this.socket !== undefined;
  }

  /** Sends one request; the body of its reply is only made into text when asked for. */
  send(request: Buffer | string, wantBody: boolean, now: number): void {
    this.sentAt = now;
    this.wantBody = wantBody;
    const socket = this.socket;
    if (socket === undefined) {
      this.fail("closed");
      return;
    }
    const written = socket.write(request);
    // Bun leaves the rest of a short write to its caller. It happens only when the server has stopped reading.
    if (written < request.length) this.unsent = Buffer.from(request).subarray(Math.max(0, written));
  }

  /** Closes without a report to the owner. */
  close(): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.end();
  }

  /** Gives a request that has waited longer than `limit` ms up. */
  expire(now: number, limit: number): void {
    if (this.sentAt > 0 && now - this.sentAt > limit) this.fail("timeout");
  }

  opened(socket: Socket<Connection>): void {
    socket.setNoDelay(true);
    this.socket = socket;
  }

  drained(socket: Socket<Connection>): void {
    if (this.unsent === undefined) return;
    const rest = this.unsent.subarray(Math.max(0, socket.write(this.unsent)));
    this.unsent = rest.length > 0 ? rest : undefined;
  }

  /** The end of a socket; one that was given up before (timeout, reopened) has nothing more to say. */
  ended(socket: Socket<Connection>, why: Failure): void {
    if (socket === this.socket) this.fail(why);
  }

  received(chunk: Buffer): void {
    if (this.skip > 0) {
      this.skip -= chunk.length;
      if (this.skip <= 0) this.finish(this.skippedStatus, "");
      return;
    }
    // Bytes that nobody asked for are a server's parting word before it closes.
    if (this.sentAt === 0) return;
    try {
      this.parse(this.partial === undefined ? chunk : Buffer.concat([this.partial, chunk]));
    } catch {
      this.fail("garbled");
    }
  }

  private parse(bytes: Buffer): void {
    this.partial = bytes;
    const head = parseHead(bytes);
    if (head === undefined) return;
    if (head.length < 0) {
      const body = readChunked(bytes, head.bodyAt);
      if (body !== undefined) this.finish(head.status, body);
      return;
    }
    const end = head.bodyAt + head.length;
    // What a refusal says is always of interest.
    const wanted = this.wantBody || head.status >= 300;
    if (bytes.length >= end) {
      this.finish(head.status, wanted ? bytes.toString("utf8", head.bodyAt, end) : "");
    } else if (!wanted) {
      this.partial = undefined;
      this.skip = end - bytes.length;
      this.skippedStatus = head.status;
    }
  }

  private fail(why: Failure): void {
    const socket = this.socket;
    const waiting = this.sentAt > 0;
    this.socket = undefined;
    this.partial = undefined;
    this.unsent = undefined;
    this.skip = 0;
    this.sentAt = 0;
    socket?.terminate();
    this.owner.lost(this, why, waiting);
  }

  private finish(status: number, body: string): void {
    this.partial = undefined;
    this.skip = 0;
    this.owner.replied(this, status, body);
  }
}

// One shared set of handlers; each socket carries its connection as data.
const events = {
  open: (socket: Socket<Connection>) => socket.data.opened(socket),
  data: (socket: Socket<Connection>, chunk: Buffer) => socket.data.received(chunk),
  drain: (socket: Socket<Connection>) => socket.data.drained(socket),
  close: (socket: Socket<Connection>) => socket.data.ended(socket, "closed"),
  error: (socket: Socket<Connection>) => socket.data.ended(socket, "closed"),
  end: (socket: Socket<Connection>) => socket.data.ended(socket, "closed"),
  timeout: (socket: Socket<Connection>) => socket.data.ended(socket, "timeout"),
};
