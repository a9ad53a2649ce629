/** Requests that are repeated until they are answered, and take effect once. */
import { errorOf, jsonOf, jsonTextOf } from "./answers.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { type Message, messagesIn } from "./events.ts";
import { milliseconds, pause } from "./seconds.ts";

export interface ConnectionOptions {
  /** Of the platform, such as http://127.0.0.1:8001. */
  url: string;
  /** Sent with each request. */
  headers?: Record<string, string>;
  /** Seconds for the answer to one try, and for the silence of a stream; 30 without. */
  timeout?: number;
  /** Tries after the first one; 8 without, which go on for 8 to 16 s while nobody answers. */
  retries?: number;
  /** In place of the global one. */
  fetch?: (request: Request) => Promise<Response>;
}

export interface CallOptions {
  /** Ends the call, with the signal's reason. */
  signal?: AbortSignal;
}

export interface Call extends CallOptions {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /api/v1, or from the root where it says so. */
  path: string;
  isFromRoot?: true;
  query?: Record<string, string | number | boolean | readonly string[] | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  /** Sent twice it takes effect once. True for reads, and for what has an Idempotency-Key. */
  isRepeatable: boolean;
}

/** Answers that say that nothing was done: any request may be sent again. */
const UNTOUCHED = new Set(["overloaded", "shutting_down", "not_ready", "rate_limited", "too_many_streams"]);
const GATEWAY = new Set([502, 503, 504]);
/** Where in the log of the database a write is. What is read with it has that write, also where a replica answers. */
const READ_AFTER = "x-read-after";
const TIMEOUT_SECONDS = 30;
const RETRIES = 8;
const FIRST_PAUSE_SECONDS = 0.1;
const LONGEST_PAUSE_SECONDS = 5;

/** The way to one platform. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #url: string;
  /** Behind all that was written here: the greatest text that came. */
  #readAfter = "";

  /** @throws TypeError where the address is none */
  constructor(options: ConnectionOptions) {
    if (!URL.canParse(options.url)) {
      throw new TypeError(`${JSON.stringify(options.url)} is no address; write it as http://127.0.0.1:8001`);
    }
    this.#options = options;
    this.#url = options.url.replace(/\/+$/, "");
  }

  /** The JSON of the answer. @throws ApiError, ConnectionError, the reason of the signal */
  json<Answer>(call: Call): Promise<Answer> {
    return this.#persist(call, (response) => jsonOf<Answer>(response));
  }

  /** The same as it is written: numbers, spaces and the order of keys. @throws as json does */
  jsonText(call: Call): Promise<string> {
    return this.#persist(call, jsonTextOf);
  }

  /** The answer once its head is there, however long its body goes on. @throws as json does */
  open(call: Call): Promise<Response> {
    return this.#persist(call, async (response) => response);
  }

  /** The events of an answer; ends where its connection does. @throws the reason of the signal */
  messagesOf(response: Response, signal?: AbortSignal): AsyncGenerator<Message, void> {
    return messagesIn(response, this.#options.timeout ?? TIMEOUT_SECONDS, signal);
  }

  async #persist<Value>(call: Call, read: (response: Response) => Promise<Value>): Promise<Value> {
    const { retries = RETRIES } = this.#options;
    for (let tries = 0; ; tries++) {
      const outcome = await this.#try(call, read);
      if ("value" in outcome) return outcome.value;
      call.signal?.throwIfAborted();
      const { error, mayRepeat } = outcome;
      if (!mayRepeat || tries === retries) throw error;
      await pause(waitOf(error, tries), call.signal);
    }
  }

  async #try<Value>(
    call: Call,
    read: (response: Response) => Promise<Value>,
  ): Promise<{ value: Value } | { error: Error; mayRepeat: boolean }> {
    const { fetch: send = fetch, timeout = TIMEOUT_SECONDS } = this.#options;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error(`No answer within ${timeout} s`)), milliseconds(timeout));
    const signal = call.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, call.signal]);
    try {
      const response = await send(this.#requestOf(call, signal));
      const written = response.headers.get(READ_AFTER) ?? "";
      if (written > this.#readAfter) this.#readAfter = written;
      if (response.ok) return { value: await read(response) };
      const error = await errorOf(response);
      const isRetryable = error.retryAfter !== null || GATEWAY.has(error.status);
      return { error, mayRepeat: isRetryable && (call.isRepeatable || UNTOUCHED.has(error.code)) };
    } catch (cause) {
      if (cause instanceof ApiError) return { error: cause, mayRepeat: false };
      const said = cause instanceof Error ? cause.message : String(cause);
      return {
        error: new ConnectionError(`${call.method} ${this.#addressOf(call)}: ${said}`, { cause }),
        mayRepeat: call.isRepeatable,
      };
    } finally {
      clearTimeout(timer);
    }
  }

  #addressOf({ path, isFromRoot }: Call): string {
    return this.#url + (isFromRoot ? "" : "/api/v1") + path;
  }

  #requestOf(call: Call, signal: AbortSignal): Request {
    const { method, query = {}, body, headers = {} } = call;
    const url = new URL(this.#addressOf(call));
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, Array.isArray(value) ? value.join(",") : String(value));
    }
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const after = this.#readAfter === "" ? {} : { [READ_AFTER]: this.#readAfter };
    return new Request(url.href, {
      method,
      headers: { accept: "application/json", ...json, ...after, ...this.#options.headers, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
  }
}

/** Seconds until the next try: what the answer says and more, twice as much each time, at random so that clients do not come together. */
function waitOf(error: Error, tries: number): number {
  const grown = Math.min(FIRST_PAUSE_SECONDS * 2 ** tries, LONGEST_PAUSE_SECONDS) * (0.5 + Math.random() / 2);
  return error instanceof ApiError && error.retryAfter !== null ? error.retryAfter + grown : grown;
}

/** A new Idempotency-Key. Pages that came without TLS have no randomUUID. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
