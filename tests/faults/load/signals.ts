/** Sends every run of a workflow the signal that it waits for, until that is answered. */
import type { Sql } from "postgres";

const POLL_MS = 200;
const DEADLINE_MS = 10_000;

export class Signals {
  readonly #sql: Sql;
  readonly #url: () => string;
  readonly #workflow: string | null;
  readonly #sent = new Set<string>();
  #isOver = false;
  readonly #done: Promise<void>;

  /** Without a workflow none is sent. Runs that are there although their client heard of none get one as well: they are looked up. */
  constructor(sql: Sql, url: () => string, workflow: string | null) {
    this.#sql = sql;
    this.#url = url;
    this.#workflow = workflow;
    this.#done = this.#run();
  }

  /** How many were taken or kept. */
  get count(): number {
    return this.#sent.size;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      // Whatever is killed now, the next look comes soon.
      const runs = await this.#open().catch(() => []);
      await Promise.all(runs.filter((run) => !this.#sent.has(run)).map((run) => this.#send(run).catch(() => {})));
      await Bun.sleep(POLL_MS);
    }
  }

  async #open(): Promise<string[]> {
    if (this.#workflow === null) return [];
    const rows = await this.#sql<{ uuid: string }[]>`select uuid from workflow_runs
      where workflow_id = ${this.#workflow} and completed_at is null`;
    return rows.map(({ uuid }) => uuid);
  }

  async #send(run: string): Promise<void> {
    const reply = await fetch(`${this.#url()}/api/v1/runs/${run}/signals/go`, {
      method: "POST",
      // Sent again it is the same signal.
      headers: { "content-type": "application/json", "idempotency-key": run },
      body: JSON.stringify({ run }),
      keepalive: false,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (reply.status === 200) this.#sent.add(run);
  }
}
