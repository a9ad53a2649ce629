/** A redis-server of a test's own, to be frozen, killed and filled. */
import { createServer } from "node:net";
import Redis from "ioredis";
import pino, { type Logger } from "pino";
import { install, pathOf } from "../../../infrastructure/local/processes/packages.ts";
import { systemClock } from "../../clock.ts";
import { loadConfig } from "../../config.ts";
import type { Cache } from "../port.ts";
import { openRedisCache } from "./index.ts";

const START_MILLISECONDS = 20_000;

export class RedisServer {
  readonly port: number;
  readonly url: string;
  /** A plain connection to it, for tests to look and meddle. */
  readonly client: Redis;
  #child: Bun.Subprocess | null = null;

  private constructor(port: number) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null });
    this.client.on("error", () => {});
  }

  static async start(...options: string[]): Promise<RedisServer> {
    await install(["redis-server"]);
    const server = new RedisServer(await freePort());
    await server.start(...options);
    return server;
  }

  async start(...options: string[]): Promise<void> {
    const address = ["--bind", "127.0.0.1", "--port", String(this.port)];
    const command = [pathOf("redis-server"), ...address, "--save", "", "--appendonly", "no", ...options];
    this.#child = Bun.spawn(command, { stdio: ["ignore", "ignore", "inherit"], cwd: "/tmp" });
    if (this.client.status === "wait") await this.client.connect().catch(() => {});
    await until("redis-server answers", async () => (await this.client.ping()) === "PONG", START_MILLISECONDS);
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    await this.kill();
  }
}

/** Resolves when the condition holds. @throws Error naming it when it does not in time. */
export async function until(
  name: string,
  condition: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${name}`);
    await Bun.sleep(10);
  }
}

/** A cache as a process opens it, with its log. */
export interface OpenedCache {
  cache: ReturnType<typeof openRedisCache>;
  messages: string[];
}

export function openCache(url: string): OpenedCache {
  const messages: string[] = [];
  const log: Logger = pino({}, { write: (line: string) => messages.push(JSON.parse(line).msg) });
  const { redis: address } = loadConfig({ DATABASE_URL: "postgres://unused", REDIS_URL: url });
  if (address === null) throw new Error("REDIS_URL turns Redis on");
  return { cache: openRedisCache({ address, clock: systemClock, log }), messages };
}

/** Waits until each of them is up. */
export async function untilUp(...caches: Cache[]): Promise<void> {
  await until("the cache is up", () => caches.every((cache) => cache.isUp()));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(address)));
    });
  });
}
