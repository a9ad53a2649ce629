import type { ConnectionOptions } from "node:tls";
import postgres, { type Sql } from "postgres";
import type { PostgresAddress, PostgresTls } from "../../config/postgres.ts";

/** Of three round trips, with TLS more, that may take 4 s each. Callers with less time stop waiting earlier. */
const CONNECT_SECONDS = 20;

export interface ConnectOptions {
  address: PostgresAddress;
  /** Connections at most. */
  size: number;
  /** Whether statements are prepared. */
  prepare: boolean;
  /** The server's own limit of a statement; null where it is not told one, nor anything else of the session. */
  limitMilliseconds: number | null;
}

/** Opens connections as every user of the database here wants them. Nothing is connected before the first statement. */
export function connect({ address, size, prepare, limitMilliseconds }: ConnectOptions): Sql {
  const { host, port, user, password, database, applicationName } = address;
  const options: postgres.Options<Record<string, never>> = {
    user,
    password,
    database,
    ssl: tlsOf(address.tls, host),
    max: size,
    prepare,
    // A query for types at every connect is a statement that a pooler need not see.
    fetch_types: false,
    connect_timeout: CONNECT_SECONDS,
    // Callers pause between attempts themselves; the library's own pauses come to 20 s.
    backoff: () => 0,
    onnotice: () => {},
    connection: {
      application_name: applicationName,
      ...(address.options === "" ? {} : { options: address.options }),
      ...(limitMilliseconds === null ? {} : sessionOf(limitMilliseconds, address.options)),
    },
  };
  // A list, which its types do not know: it would split a text at the colons of an IPv6 address.
  const isSocket = host.startsWith("/");
  Object.assign(options, isSocket ? { path: `${host}/.s.PGSQL.${port}` } : { host: [host], port: [port] });
  return postgres(options);
}

/** What a session is told, but for what the operator has chosen by himself. */
function sessionOf(limitMilliseconds: number, options: string): Record<string, string | number> {
  // To compile a statement of many parts takes longer than its limit, and than to carry it out a thousand times.
  const told = { statement_timeout: limitMilliseconds, jit: "off" };
  return Object.fromEntries(Object.entries(told).filter(([name]) => !options.includes(name)));
}

/** In the words of postgres.js: "prefer" and "require" take any certificate, as in libpq. A socket file needs none. */
function tlsOf({ mode, ca }: PostgresTls, host: string): "prefer" | "require" | ConnectionOptions | false {
  if (mode === "disable" || host.startsWith("/")) return false;
  if (mode === "prefer" || mode === "require") return mode;
  const trust = ca === null ? {} : { ca };
  return mode === "verify-full" ? { host, ...trust } : { host, ...trust, checkServerIdentity: () => undefined };
}
