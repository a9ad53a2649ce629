/** An HTTP server on loopback that webhooks are sent to: it keeps what came and answers what a test asks for. */

export interface Received {
  method: string;
  path: string;
  headers: Headers;
  text: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** How long the answer takes. */
  afterMs?: number;
}

export class Sink {
  readonly received: Received[] = [];
  readonly #server: Bun.Server<undefined>;
  readonly #answers = new Map<string, Answer>();

  constructor() {
    this.#server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => this.#answer(request) });
  }

  /** The address of a path whose requests are answered so. */
  url(path: string, answer: Answer = {}): string {
    this.#answers.set(path, answer);
    return new URL(path, this.#server.url).href;
  }

  /** What came to a path, in the order it came. */
  at(path: string): Received[] {
    return this.received.filter((request) => request.path === path);
  }

  async close(): Promise<void> {
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const path = pathname + search;
    this.received.push({ method: request.method, path, headers: request.headers, text: await request.text() });
    const { status = 200, headers = {}, body = "", afterMs = 0 } = this.#answers.get(path) ?? {};
    if (afterMs > 0) await Bun.sleep(afterMs);
    return new Response(status === 204 ? null : body, { status, headers });
  }
}

/** An address that nobody listens on. */
export function deadUrl(): string {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { href } = server.url;
  server.stop(true);
  return href;
}
