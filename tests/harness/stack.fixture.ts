/** nginx as the stack configures it, in front of small servers that stand in for API processes. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAll } from "../../infrastructure/local/processes/ending.ts";
import { isPortFree } from "../../infrastructure/local/processes/kernel.ts";
import { type PartRecord, recordsIn, startPart } from "../../infrastructure/local/processes/parts.ts";
import { type GateLimits, marksOf, nginxPart } from "../../infrastructure/local/services/nginx.ts";

const DEADLINE_MS = 15_000;
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** Waits until something is so. @throws Error naming it when it never is. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs = DEADLINE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not so in ${patienceMs} ms: ${what}`);
    await Bun.sleep(10);
  }
}

/** What was started in a folder under this name. */
export function recordOf(folder: string, name: string): PartRecord {
  const record = recordsIn(folder).find((one) => one.name === name);
  if (record === undefined) throw new Error(`${name} was not started in ${folder}`);
  return record;
}

export function pidsIn(folder: string): Map<string, number> {
  return new Map(recordsIn(folder).map(({ name, pid }) => [name, pid]));
}

/** The names of parts that run as other processes than before. */
export function replaced(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after.keys()].filter((name) => after.get(name) !== before.get(name)).toSorted();
}

/** The first of so many free ports in a row; tests of other files look elsewhere because they start at random. */
export function freePorts(count: number): number {
  for (;;) {
    const first = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (Array.from({ length: count }, (_, index) => first + index).every(isPortFree)) return first;
  }
}

type Answer = (request: Request, server: StandIn) => Response | Promise<Response>;

/** An API process of a kind: answers what `answer` makes, and notes the requests that it got. */
export class StandIn {
  readonly seen: Request[] = [];
  readonly port: number;
  #server: Bun.Server<undefined> | null = null;
  readonly #answer: Answer;

  constructor(port: number, answer: Answer) {
    this.port = port;
    this.#answer = answer;
    this.start();
  }

  start(): void {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: this.port,
      idleTimeout: 120,
      fetch: (request) => {
        if (new URL(request.url).pathname === "/health") return Response.json({ status: "ok" });
        this.seen.push(request);
        return this.#answer(request, this);
      },
    });
  }

  async stop(): Promise<void> {
    await this.#server?.stop(true);
  }
}

/** A server that reads a request and hangs up on it, as a process does that is killed in the middle. */
export class HangsUp {
  /** The methods of the requests that it got. */
  readonly seen: string[] = [];
  readonly #server: Server;

  constructor(port: number) {
    this.#server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", (bytes) => {
        const text = bytes.toString("latin1");
        if (text.startsWith("GET /health ")) {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          return;
        }
        this.seen.push(text.split(" ")[0] ?? "");
        socket.destroy();
      });
    }).listen(port, "127.0.0.1");
  }

  async stop(): Promise<void> {
    this.#server.close();
  }
}

/** nginx before three servers. */
export class Front<Server extends { stop(): Promise<void> }> {
  readonly url: string;
  readonly servers: Server[];
  readonly #folder: string;
  readonly log: string;

  private constructor(folder: string, url: string, servers: Server[], log: string) {
    this.#folder = folder;
    this.url = url;
    this.servers = servers;
    this.log = log;
  }

  static async start<Server extends { stop(): Promise<void> }>(
    serve: (port: number) => Server,
    limits: GateLimits | null = null,
  ): Promise<Front<Server>> {
    const folder = mkdtempSync(join(tmpdir(), "stack-test-"));
    const port = freePorts(4);
    const ports = [port + 1, port + 2, port + 3];
    const servers = ports.map(serve);
    const { address, log } = await startPart(folder, nginxPart(folder, port, ports, limits));
    return new Front(folder, address, servers, log);
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await endAll(this.#folder);
    for (const path of [this.#folder, marksOf(this.#folder)]) rmSync(path, { recursive: true, force: true });
  }
}
