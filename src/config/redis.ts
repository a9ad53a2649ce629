import { StartError } from "../errors.ts";
import { partsOf } from "./address.ts";

/** Where Redis is, and as whom. */
export interface RedisAddress {
  /** A name or an IP address. */
  host: string;
  port: number;
  username: string | null;
  password: string | null;
  /** Number of the database. */
  db: number;
  tls: boolean;
}

const SHAPE = "redis://user:password@host:port/number";

/**
 * Reads redis://… or rediss://…; parts that it does not have are as in `otherwise`.
 *
 * @throws StartError naming the setting and the fault, without any part of its value
 */
export function redisAddress(setting: string, text: string, otherwise: RedisAddress): RedisAddress {
  const { scheme, host, port, user, password, path, query } = partsOf(setting, text, SHAPE);
  if (!/^rediss?$/.test(scheme)) throw new StartError(`${setting} has to begin with redis:// or rediss://`);
  if (host === null || host.startsWith("/")) throw new StartError(`${setting} has to name one host`);
  if (query !== "") throw new StartError(`${setting} has parameters behind a "?"; none is understood here`);
  if (!/^\d{0,5}$/.test(path)) throw new StartError(`${setting} has to end with the number of a database, or nothing`);
  return {
    host,
    port: port ?? otherwise.port,
    username: user ?? otherwise.username,
    password: password ?? otherwise.password,
    db: path === "" ? otherwise.db : Number(path),
    tls: scheme === "rediss",
  };
}
