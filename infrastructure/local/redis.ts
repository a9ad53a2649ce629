import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { install, pathOf } from "./packages.ts";
import type { Part } from "./parts.ts";
import { ask } from "./wire.ts";

const CONFIG = join(import.meta.dir, "../redis/redis.conf");
const PONG = "+PONG";

/** Redis, as a cache. */
export function redisPart(folder: string, port: number): Part {
  return {
    name: "redis",
    address: `redis://127.0.0.1:${port}`,
    ports: [port],
    async prepare() {
      await install(["redis-server"]);
      const home = join(folder, "redis");
      mkdirSync(home, { recursive: true });
      return {
        command: [pathOf("redis-server"), CONFIG, "--bind", "127.0.0.1", "--port", String(port), "--dir", home],
      };
    },
    async trouble() {
      try {
        const answer = await ask(port, Buffer.from("PING\r\n"), PONG.length);
        return answer.toString().startsWith(PONG) ? null : answer.toString();
      } catch (error) {
        return String(error);
      }
    },
    stop: { signal: "SIGTERM", seconds: 10 },
    startSeconds: 30,
  };
}
