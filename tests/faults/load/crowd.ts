/**
 * Clients that keep their connection open, each with one trigger after the other. Nothing is tried again: what came of each
 * is in the ledger, and a connection that breaks while an answer is owed is a fault.
 */
import { join } from "node:path";
import { messageOf } from "../../../src/errors.ts";
import { Connection, type RawReply } from "../../harness/http/connection.ts";
import { textAt } from "../../harness/http/json.ts";
import { kindOf, type Made } from "./kinds.ts";
import { Ledger, type RequestLine } from "./ledger.ts";

export interface CrowdOptions {
  /** Where they connect, by turns. */
  urls: readonly string[];
  connections: number;
  kinds: readonly Made[];
  /** The ledger is `load.ledger` in it. */
  folder: string;
  /** The first number to send. */
  from: number;
  /** Characters that each payload has beside its number; none by default. */
  padding?: number;
  /** From an answer to the next trigger; after a refusal as long as its Retry-After says. */
  pauseMs: number;
}

export class Crowd {
  /** Answers by status. */
  readonly statuses = new Map<number, number>();
  /** Requests without an answer, and refusals that do not say when to come again. */
  readonly faults: string[] = [];
  /** How long each answer took, milliseconds. */
  readonly took: number[] = [];
  /** Clients that have had their connection. */
  connected = 0;
  /** Connections that were closed while nothing was owed on them, as a server may. */
  closedIdle = 0;
  readonly #options: CrowdOptions;
  readonly #ledger: Ledger<RequestLine>;
  #n: number;
  #stop = Promise.withResolvers<void>();
  #stopped = false;
  #clients: Promise<void>[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#n = options.from;
    this.#ledger = new Ledger(join(options.folder, "load.ledger"));
  }

  get sent(): number {
    return this.#n - this.#options.from;
  }

  get accepted(): number {
    return this.statuses.get(200) ?? 0;
  }

  /** All connect at once, and each begins when it is connected. */
  start(): void {
    const { urls, connections } = this.#options;
    const places = Array.from({ length: connections }, (_, index) => urls[index % urls.length] ?? "");
    this.#clients = places.map((url) => this.#live(url));
  }

  /** No client sends any more; resolves when each has its last answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop.resolve();
    await Promise.all(this.#clients);
  }

  /** The time within which this share of the answers came, milliseconds. */
  percentile(share: number): number {
    return percentile(this.took, share);
  }

  toString(): string {
    const statuses = [...this.statuses].map(([status, count]) => `${count} × ${status}`).join(", ");
    return `${this.sent} triggers on ${this.#options.connections} connections: ${statuses}, ${this.faults.length} without`;
  }

  async #live(url: string): Promise<void> {
    let connection = await this.#open(url);
    this.connected++;
    while (connection !== null && !this.#stopped) {
      const reply = await this.#trigger(connection);
      const retryAfter = Number(reply?.headers.get("retry-after") ?? 0) * 1000;
      const pause = Math.max(this.#options.pauseMs, retryAfter);
      if (pause > 0) await Promise.race([Bun.sleep(pause), this.#stop.promise]);
      if (reply === null) connection = await this.#open(url);
    }
    connection?.close();
  }

  async #open(url: string): Promise<Connection | null> {
    try {
      return await Connection.open(url);
    } catch (error) {
      this.faults.push(`no connection: ${messageOf(error)}`);
      return null;
    }
  }

  /** Null when the connection is gone. */
  async #trigger(connection: Connection): Promise<RawReply | null> {
    const n = this.#n++;
    const { kinds, padding = 0 } = this.#options;
    const { workflow } = kindOf(kinds, n);
    const payload = padding === 0 ? { n } : { n, padding: "x".repeat(padding) };
    await this.#ledger.write({ kind: "sent", n, at: Date.now() });
    try {
      const reply = await connection.post("/api/v1/trigger", JSON.stringify({ workflow_id: workflow, payload }));
      const { status, headers, text, tookMs } = reply;
      const runId = status === 200 ? textAt(JSON.parse(text), "run_id") : null;
      const retryAfter = headers.get("retry-after");
      await this.#ledger.write({ kind: "answered", n, at: Date.now(), status, runId, retryAfter });
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      this.took.push(tookMs);
      const toldWhen = /^[1-9]\d*$/.test(retryAfter ?? "");
      if (status !== 200 && !toldWhen) this.faults.push(`${status} without a Retry-After: ${text}`);
      return reply;
    } catch (error) {
      const why = messageOf(error);
      await this.#ledger.write({ kind: "broken", n, at: Date.now(), error: why });
      if (why.includes("had closed the connection")) this.closedIdle++;
      else this.faults.push(why);
      return null;
    }
  }
}

/** The value that this share of some values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
