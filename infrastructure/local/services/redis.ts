import { join } from "node:path";
import { install, pathOf } from "../processes/packages.ts";
import type { Part } from "../processes/parts.ts";
import { ask } from "../processes/wire.ts";
import { passwordOf, writePrivate } from "../secrets.ts";

const CONFIG = join(import.meta.dir, "../../redis/redis.conf");
const PONG = "+PONG";
const LENGTH = "+OK\r\n+PONG".length;

/** Redis, as a cache. */
export function redisPart(folder: string, port: number): Part {
  return {
    name: "redis",
    address: `redis://127.0.0.1:${port}`,
    ports: [port],
    async prepare() {
      await install(["redis-server"]);
      const home = join(folder, "redis");
      const config = join(home, "redis.conf");
      const own = [
        `include ${JSON.stringify(CONFIG)}`,
        "bind 127.0.0.1",
        `port ${port}`,
        `dir ${JSON.stringify(home)}`,
      ];
      writePrivate(config, `${[...own, `requirepass ${passwordOf(folder, "redis")}`].join("\n")}\n`);
      return { command: [pathOf("redis-server"), config] };
    },
    async trouble() {
      try {
        const question = Buffer.from(`AUTH ${passwordOf(folder, "redis")}\r\nPING\r\n`);
        const answer = (await ask(port, question, LENGTH)).toString();
        // One that was started without a password takes it all the same.
        return answer.includes(PONG) ? null : answer;
      } catch (error) {
        return String(error);
      }
    },
    stop: { signal: "SIGTERM", seconds: 10 },
    startSeconds: 30,
  };
}
