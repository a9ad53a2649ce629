/** Asks API processes, straight, whether they are ready, on a connection of its own each time, as a proxy's check does. */
import { Connection } from "../../harness/http/connection.ts";

const AGAIN_MS = 100;

export class Drains {
  /** How often each address said that it is ending. */
  readonly seen = new Map<string, number>();
  /** Answers of an ending API that did not close their connection, and of another that did. */
  readonly faults: string[] = [];
  #stopped = false;
  readonly #asking: Promise<void>[];

  constructor(addresses: readonly string[]) {
    this.#asking = addresses.map((address) => this.#ask(address));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#asking);
  }

  async #ask(address: string): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#look(address);
      } catch {
        // It is gone, or not there yet: what clients notice of that is for them to say.
      }
      await Bun.sleep(AGAIN_MS);
    }
  }

  async #look(address: string): Promise<void> {
    const connection = await Connection.open(address);
    try {
      const { status, text, headers } = await connection.get("/health/ready");
      const ending = status === 503 && text.includes('"shutting_down"');
      const closes = headers.get("connection")?.toLowerCase() === "close";
      if (ending) this.seen.set(address, (this.seen.get(address) ?? 0) + 1);
      if (ending !== closes)
        this.faults.push(`${address} answers ${status} ${closes ? "and closes" : "and stays"}: ${text}`);
      if (!ending) return;
      const other = await Connection.open(address);
      const reply = await other.get("/health");
      other.close();
      if (reply.status !== 200 || reply.headers.get("connection")?.toLowerCase() !== "close") {
        this.faults.push(`while it ends, ${address} answers /health with ${reply.status} and stays`);
      }
    } finally {
      connection.close();
    }
  }
}
