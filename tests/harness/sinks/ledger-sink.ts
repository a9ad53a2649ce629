/** A receiver of webhooks that writes down when each attempt came, and with which webhook-id and body. */
import { numberAt } from "../http/json.ts";

export interface Attempt {
  /** Milliseconds since the epoch. */
  at: number;
  body: string;
}

export interface Behaviour {
  status?: number;
  /** How long the answer to the so-manieth attempt (from 0) of one webhook-id takes. */
  afterMs?(attempt: number): number;
}

export class LedgerSink {
  /** Every attempt by webhook-id, in the order they came. */
  readonly attempts = new Map<string, Attempt[]>();
  readonly #server: Bun.Server<undefined>;
  readonly #behaviours = new Map<string, Behaviour>();

  constructor() {
    // A request is left open as long as a test wants: no idle timeout.
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: (request) => this.#answer(request),
    });
  }

  /** The address of a path that behaves so; its answer is JSON and echoes `n` of the request. */
  url(path: string, behaviour: Behaviour = {}): string {
    this.#behaviours.set(path, behaviour);
    return new URL(path, this.#server.url).href;
  }

  /** The attempts of one webhook step. */
  of(runId: string, path: number): Attempt[] {
    return this.attempts.get(`${runId}:${path}`) ?? [];
  }

  async close(): Promise<void> {
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const at = Date.now();
    const id = request.headers.get("webhook-id") ?? "none";
    const earlier = this.attempts.get(id) ?? [];
    this.attempts.set(id, earlier);
    const attempt = earlier.push({ at, body: "" }) - 1;
    const body = await request.text();
    earlier.splice(attempt, 1, { at, body });
    const { status = 200, afterMs } = this.#behaviours.get(new URL(request.url).pathname) ?? {};
    await Bun.sleep(afterMs?.(attempt) ?? 0);
    const sent: unknown = JSON.parse(body);
    return Response.json({ got: numberAt(sent, "n") }, { status });
  }
}
