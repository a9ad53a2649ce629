/** Servers that speak raw bytes, and the client that is tried on them. */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { type HttpRequest, StepFailure } from "../../../src/connectors/index.ts";
import { openWebhookClient } from "../client.ts";
import type { Resolve } from "../guard/resolve.ts";
import type { Signal, WebhookClient } from "../port.ts";
import type { WebhookSettings } from "../settings.ts";

const PATIENCE_MILLISECONDS = 10_000;

/** A request as its bytes came. */
export interface RawRequest {
  head: string;
  body: string;
  /** Which connection it came on, from 1. */
  connection: number;
}

/** Sends bytes of its own choosing on the connection of a request. */
export type Answer = (request: RawRequest, socket: Socket) => void;

/** Collects whole requests and has each answered; whatever it answers is its own affair. */
export class RawServer {
  readonly requests: RawRequest[] = [];
  connections = 0;
  readonly #open = new Set<Socket>();
  readonly #server;
  readonly #scheme: string;
  readonly #host: string;

  private constructor(answer: Answer, host: string, tls: TlsOptions | null) {
    this.#scheme = tls === null ? "http" : "https";
    this.#host = host;
    const onSocket = (socket: Socket) => this.#serve(socket, answer);
    this.#server = tls === null ? createServer(onSocket) : createTlsServer(tls, onSocket);
    // A client that does not like the certificate hangs up.
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  static async start(
    answer: Answer,
    { host = "127.0.0.1", port = 0, tls = null }: { host?: string; port?: number; tls?: TlsOptions | null } = {},
  ): Promise<RawServer> {
    const server = new RawServer(answer, host, tls);
    await new Promise<void>((resolve, reject) => {
      server.#server.on("error", reject);
      server.#server.listen(port, host, resolve);
    });
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** An address of it, by another name where one is given. */
  url(path = "/", name = this.#host.includes(":") ? `[${this.#host}]` : this.#host): string {
    return `${this.#scheme}://${name}:${this.port}${path}`;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#open.size;
  }

  /** Closes the connections that are open. */
  hangUp(): void {
    for (const socket of this.#open) socket.end();
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket, answer: Answer): void {
    const connection = ++this.connections;
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    socket.on("error", () => socket.destroy());
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (;;) {
        const end = text.indexOf("\r\n\r\n");
        const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
        if (end < 0 || text.length < end + 4 + length) return;
        const request = { head: text.slice(0, end), body: text.slice(end + 4, end + 4 + length), connection };
        text = text.slice(end + 4 + length);
        this.requests.push(request);
        answer(request, socket);
      }
    });
  }
}

/** Answers every request with these bytes. */
export const replying =
  (bytes: string | Uint8Array): Answer =>
  (_request, socket) =>
    void socket.write(bytes);

/** A reply with a body of this text. */
export function reply(body: string, status = "200 OK", headers: string[] = []): string {
  const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

const LOOPBACK = "127.0.0.0/8,[::1]";

export function open(settings: Partial<WebhookSettings> = {}, resolve?: Resolve): WebhookClient {
  const limits = { perHost: 64, total: 256, idle: 64 };
  return openWebhookClient({ allow: LOOPBACK, certificates: null, proxy: null, limits, ...settings }, () => 0, resolve);
}

/** Sends a GET, or what is said otherwise, and gives up after a while. */
export function send(
  client: WebhookClient,
  request: Partial<HttpRequest> & { url: string },
  signal: Signal = AbortSignal.timeout(PATIENCE_MILLISECONDS),
) {
  const usual = { method: "GET", headers: [], ownHeaders: [], body: null, follow: 0 };
  return client.send({ ...usual, ...request }, signal);
}

/** The code and sentence that a request fails with; its reply where it does not. */
export async function failureOf(sending: Promise<unknown>): Promise<unknown> {
  try {
    return { reply: await sending };
  } catch (error) {
    if (error instanceof StepFailure) return { code: error.code, sentence: error.message };
    throw error;
  }
}
