/** Triggers that fill a disk, and what came of them. */
import { expect } from "bun:test";
import { allRuns, untilAllEnded } from "../../harness/http/all-runs.ts";
import { Client } from "../../harness/http/client.ts";
import { numberAt, textAt } from "../../harness/http/json.ts";
import type { Random } from "../../simulation/scheduler.ts";

const CLIENTS = 4;

export class DiskLoad {
  /** Number of the trigger by run id, for each that was answered 200. */
  readonly accepted = new Map<string, number>();
  /** Numbers of those that got a 503. */
  readonly refused = new Set<number>();
  readonly api: Client;
  readonly #workflow: string;
  readonly #random: Random;
  readonly #padding: number;
  #sent = 0;

  private constructor(api: Client, workflow: string, random: Random, padding: number) {
    this.api = api;
    this.#workflow = workflow;
    this.#random = random;
    this.#padding = padding;
  }

  /** `padding`: bytes of a payload that no database makes smaller. */
  static async on(url: string, random: Random, padding: number): Promise<DiskLoad> {
    const api = new Client(url);
    const workflow = await api.create([
      { name: "n", type: "transform", config: { value: "${payload.n}" } },
      { name: "wait", type: "delay", config: { duration: 0.2 } },
      { name: "again", type: "transform", config: { value: "${n.value}" } },
    ]);
    return new DiskLoad(api, workflow, random, padding);
  }

  /** Triggers until so many more were answered 200. */
  untilAccepted(count: number, deadlineMs: number): Promise<void> {
    const enough = this.accepted.size + count;
    return this.#until(`${count} triggers are answered 200`, deadlineMs, () => this.accepted.size >= enough);
  }

  /** Triggers until so many more were refused. */
  untilRefused(count: number, deadlineMs: number): Promise<void> {
    const enough = this.refused.size + count;
    return this.#until(`${count} triggers are refused`, deadlineMs, () => this.refused.size >= enough);
  }

  /** Every trigger that was answered 200 has succeeded, once; `strict`: and none that was refused is there. */
  async expectAllThere(deadlineMs: number, strict: boolean): Promise<void> {
    await untilAllEnded(this.api, deadlineMs);
    const missing = new Set(this.accepted.keys());
    const numbers = new Set<number>();
    // Pages of few: each run holds its padding.
    for await (const run of allRuns(this.api, 20)) {
      const [uuid, n] = [textAt(run, "uuid"), numberAt(run, "payload", "n")];
      const got = { uuid, n, twice: numbers.has(n), status: run.status, error: run.error };
      expect(got).toEqual({ uuid, n, twice: false, status: "success", error: null });
      if (strict) expect({ n, refused: this.refused.has(n) }).toEqual({ n, refused: false });
      numbers.add(n);
      missing.delete(uuid);
    }
    expect([...missing]).toEqual([]);
  }

  toString(): string {
    return `${this.#sent} triggers, ${this.accepted.size} answered 200, ${this.refused.size} refused with 503`;
  }

  async #until(what: string, deadlineMs: number, isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    const client = async () => {
      while (!isSo()) {
        if (Date.now() > deadline) throw new Error(`Not so within ${deadlineMs} ms: ${what}; ${this}`);
        await this.#trigger();
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
  }

  async #trigger(): Promise<void> {
    const n = this.#sent++;
    const bytes = Uint8Array.from({ length: this.#padding }, () => this.#random.below(256));
    const payload = { n, pad: Buffer.from(bytes).toString("base64") };
    const reply = await this.api.post("/api/v1/trigger", { workflow_id: this.#workflow, payload });
    if (reply.status === 200) {
      this.accepted.set(textAt(reply.body, "run_id"), n);
      return;
    }
    const retryAfter = Number(reply.headers.get("retry-after"));
    expect({ status: reply.status, text: reply.text, retryAfter: retryAfter > 0 }).toEqual({
      status: 503,
      text: reply.text,
      retryAfter: true,
    });
    this.refused.add(n);
    // As it was asked to, though not as long: the disk's owner is quick here.
    await Bun.sleep(50);
  }
}
