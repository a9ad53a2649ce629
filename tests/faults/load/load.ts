/** A steady load of triggers. Each is sent once: what came of it is in the ledger, and nothing is tried again. */
import { join } from "node:path";
import { messageOf } from "../../../src/errors.ts";
import { at } from "../../harness/http/json.ts";
import { kindOf, type Made } from "./kinds.ts";
import { Ledger, type RequestLine } from "./ledger.ts";

const TICK_MS = 10;

export interface LoadOptions {
  /** Where triggers are sent; asked before each. */
  url(): string;
  kinds: readonly Made[];
  /** The ledger is `load.ledger` in it. */
  folder: string;
  perSecond: number;
  /** Requests under way at once; while so many are, no more are sent. */
  maxUnderWay?: number;
  /** A request that is not answered by then is broken. */
  deadlineMs?: number;
  /** The first number to send, and how many in all. */
  from?: number;
  count?: number;
}

export class Load {
  readonly ledger: Ledger<RequestLine>;
  /** Answers of 200, and all other outcomes by what they were. */
  accepted = 0;
  readonly refused = new Map<string, number>();
  readonly #options: LoadOptions;
  #n: number;
  #due = 0;
  #underWay = new Set<Promise<void>>();
  #timer: Timer | null = null;
  #failure: unknown = null;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#n = options.from ?? 0;
    this.ledger = new Ledger(join(options.folder, "load.ledger"));
  }

  /** Requests so far. */
  get sent(): number {
    return this.#n - (this.#options.from ?? 0);
  }

  start(): void {
    const { perSecond, maxUnderWay = 128, count = Number.POSITIVE_INFINITY } = this.#options;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#due += ((now - last) / 1000) * perSecond;
      last = now;
      for (; this.#due >= 1; this.#due--)
        if (this.#underWay.size < maxUnderWay && this.sent < count) this.#send(this.#n++);
    }, TICK_MS);
  }

  /** Resolves when the last request has its outcome. @throws what went wrong with the ledger */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  /** In one line. */
  toString(): string {
    const refused = [...this.refused].map(([what, count]) => `${count} × ${what}`);
    return `${this.sent} triggers, ${this.accepted} answered 200${refused.map((text) => `, ${text}`).join("")}`;
  }

  #send(n: number): void {
    const sending = this.#request(n)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #request(n: number): Promise<void> {
    const { url, kinds, deadlineMs = 30_000 } = this.#options;
    await this.ledger.write({ kind: "sent", n, at: Date.now() });
    const outcome = await post(url(), { workflow_id: kindOf(kinds, n).workflow, payload: { n } }, deadlineMs);
    await this.ledger.write({ n, at: Date.now(), ...outcome });
    if (outcome.kind === "answered" && outcome.status === 200) this.accepted++;
    else {
      const what = outcome.kind === "answered" ? String(outcome.status) : outcome.error;
      this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
    }
  }
}

type Outcome =
  | { kind: "answered"; status: number; runId: string | null; retryAfter: string | null }
  | { kind: "broken"; error: string };

async function post(url: string, body: object, deadlineMs: number): Promise<Outcome> {
  try {
    const reply = await fetch(`${url}/api/v1/trigger`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      // On a connection that was used before, Bun sends a request again by itself when the other end hangs up.
      keepalive: false,
      signal: AbortSignal.timeout(deadlineMs),
    });
    const runId = at(JSON.parse(await reply.text()), "run_id");
    const retryAfter = reply.headers.get("retry-after");
    return { kind: "answered", status: reply.status, runId: typeof runId === "string" ? runId : null, retryAfter };
  } catch (error) {
    return { kind: "broken", error: messageOf(error) };
  }
}
