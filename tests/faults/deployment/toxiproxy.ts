/** Toxiproxy: TCP proxies whose connections can be made slow, narrow, silent or broken while they are in use. */

import {
  isAlive,
  type Part,
  type PartRecord,
  recordsIn,
  startPart,
} from "../../../infrastructure/local/processes/parts.ts";
import { httpTrouble } from "../../../infrastructure/local/services/nginx.ts";
import { goProgram } from "../../harness/go.ts";
import { signal } from "./family.ts";

/** The newest that the Go of Debian 12 (1.19) builds. */
const VERSION = "2.7.0";
const PACKAGE = "github.com/Shopify/toxiproxy/v2/cmd/server";

/** What a connection suffers; `downstream` is towards the platform. A share of them, where `toxicity` is below 1. */
export interface Toxic {
  stream: "upstream" | "downstream";
  toxicity?: number;
  /** `latency` in ms; `timeout` 0 is silence for ever; `reset_peer` after so many ms; `bandwidth` in kB/s. */
  type: "latency" | "timeout" | "reset_peer" | "bandwidth";
  attributes: Record<string, number>;
}

/** One Toxiproxy and the proxies in it. It stays up like the services, and forgets all when it is asked for again. */
export class Toxiproxy {
  readonly #record: PartRecord;

  private constructor(record: PartRecord) {
    this.#record = record;
  }

  /** Starts it on a port of 127.0.0.1, with its record and log in a folder. */
  static async up(folder: string, port: number): Promise<Toxiproxy> {
    const left = recordsIn(folder).find(({ name }) => name === "toxiproxy");
    if (left !== undefined && isAlive(left)) signal(left.pid, "SIGCONT");
    const started = new Toxiproxy(await startPart(folder, toxiproxyPart(port)));
    const proxies: unknown = await started.#ask("GET", "/proxies");
    for (const name of Object.keys(proxies ?? {})) await started.#ask("DELETE", `/proxies/${name}`);
    return started;
  }

  /** From one port of 127.0.0.1 to another. */
  async add(name: string, port: number, upstreamPort: number): Promise<void> {
    const [listen, upstream] = [`127.0.0.1:${port}`, `127.0.0.1:${upstreamPort}`];
    await this.#ask("POST", "/proxies", { name, listen, upstream, enabled: true });
  }

  /** Connections of a proxy suffer this from now on, those that are open too. */
  async poison(proxy: string, toxic: Toxic): Promise<void> {
    await this.#ask("POST", `/proxies/${proxy}/toxics`, { toxicity: 1, ...toxic });
  }

  /** All is well again; connections that were silent are closed. */
  async heal(): Promise<void> {
    await this.#ask("POST", "/reset");
  }

  /** Connections stay open, and nothing passes: neither side is told. */
  freeze(): void {
    signal(this.#record.pid, "SIGSTOP");
  }

  /** What was sent meanwhile passes now, however late it is. */
  thaw(): void {
    signal(this.#record.pid, "SIGCONT");
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const asked = body === undefined ? {} : { body: JSON.stringify(body) };
    const reply = await fetch(this.#record.address + path, { method, keepalive: false, ...asked });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`toxiproxy answers ${method} ${path} with ${reply.status}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  }
}

function toxiproxyPart(port: number): Part {
  const address = `http://127.0.0.1:${port}`;
  return {
    name: "toxiproxy",
    address,
    ports: [port],
    prepare: async () => {
      const program = await goProgram(`toxiproxy-${VERSION}`, { package: PACKAGE, version: VERSION });
      return { command: [program, "-host", "127.0.0.1", "-port", String(port)] };
    },
    trouble: () => httpTrouble(`${address}/version`),
    stop: { signal: "SIGTERM", seconds: 10 },
    startSeconds: 30,
  };
}
