import type { Logger } from "pino";
import { placeOf } from "./config/postgres.ts";
import type { Config } from "./config.ts";

/** Says where everything is: a log line for machines, a few lines for people. */
export function announce(config: Config, address: string, log: Logger): void {
  const page = `${address}/ui`;
  const docs = `${address}/docs`;
  const data = dataOf(config);
  const synchronous = config.postgres === null ? { synchronous: config.SQLITE_SYNCHRONOUS } : {};
  log.info({ address, page, docs, mode: config.mode, data, ...synchronous }, "listening");
  const mode = config.postgres === null ? "embedded (one process, nothing else needed)" : config.mode;
  process.stderr.write(`\n  Page  ${page}\n  API   ${address}\n  Docs  ${docs}\n  Mode  ${mode}\n  Data  ${data}\n\n`);
}

function dataOf(config: Config): string {
  if (config.postgres === null) {
    return config.STORAGE === "memory" ? "in memory, gone when this process ends" : config.DATA_DIR;
  }
  return `PostgreSQL at ${placeOf(config.postgres.address)}`;
}
