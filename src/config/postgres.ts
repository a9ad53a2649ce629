import { readFileSync } from "node:fs";
import { codeOf, StartError } from "../errors.ts";
import { decoded, partsOf, written } from "./address.ts";

/** Where PostgreSQL is, as whom, and how to get there. */
export interface PostgresAddress {
  /** A name or an IP address; the folder of a Unix socket where it begins with a slash. */
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  tls: PostgresTls;
  /** The name of the connection that the server shows. */
  applicationName: string;
  /** Command-line options for the session, as libpq has them; empty for none. */
  options: string;
}

/** As libpq understands sslmode and sslrootcert. */
export interface PostgresTls {
  mode: (typeof MODES)[number];
  /** Certificates to trust, in PEM; null for those that this machine trusts. */
  ca: string | null;
}

const MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
const SHAPE = "postgres://user:password@host:port/database";
const UNDERSTOOD = ["sslmode", "sslrootcert", "application_name", "options", "channel_binding", "host"];
/** What other clients take. Any other word is not repeated: it may be the end of a password. */
const KNOWN =
  "sslcert sslkey sslpassword sslcrl sslnegotiation ssl_min_protocol_version target_session_attrs load_balance_hosts hostaddr port user password dbname passfile service connect_timeout client_encoding gssencmode krbsrvname require_auth keepalives replication schema pgbouncer connection_limit statement_timeout".split(
    " ",
  );

/**
 * Reads postgres://… or postgresql://…; parts that it does not have are as in `otherwise`.
 *
 * @throws StartError naming the setting and the fault, without any part of its value
 */
export function postgresAddress(setting: string, text: string, otherwise: PostgresAddress): PostgresAddress {
  const { scheme, host, port, user, password, path, query } = partsOf(setting, text, SHAPE);
  if (!/^postgres(ql)?$/.test(scheme)) throw new StartError(`${setting} has to begin with postgres://`);
  const parameters = parametersOf(setting, query);
  const socket = parameters.get("host") ?? null;
  if ((socket === null) === (host === null) || (socket !== null && !socket.startsWith("/"))) {
    throw new StartError(`${setting} has to name one host, or with ?host=/folder the folder of a Unix socket`);
  }
  const binding = parameters.get("channel_binding") ?? "prefer";
  if (binding !== "prefer" && binding !== "disable") {
    throw new StartError(`${setting} asks for channel_binding, which is not supported here; take the parameter out`);
  }
  const database = decoded(setting, path);
  return {
    host: socket ?? host ?? otherwise.host,
    port: port ?? otherwise.port,
    user: user ?? otherwise.user,
    password: password ?? otherwise.password,
    database: database === "" ? otherwise.database : database,
    tls: tlsOf(setting, parameters),
    applicationName: parameters.get("application_name") ?? otherwise.applicationName,
    options: parameters.get("options") ?? otherwise.options,
  };
}

/** Where it is, for people and logs: without the role and its password. */
export function placeOf({ host, port, database }: PostgresAddress): string {
  return `${host.startsWith("/") ? host : `${written(host)}:${port}`}/${database}`;
}

function parametersOf(setting: string, query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split("&").filter((one) => one !== "")) {
    const [name = "", value, ...more] = pair.split("=").map((part) => decoded(setting, part));
    if (!UNDERSTOOD.includes(name) || value === undefined || more.length > 0) {
      const named = [...KNOWN, ...UNDERSTOOD].includes(name) ? `the parameter ${name}` : "a parameter";
      throw new StartError(`${setting} has ${named} in a form that is not understood; ${UNDERSTOOD.join(", ")} are`);
    }
    parameters.set(name, value);
  }
  return parameters;
}

function tlsOf(setting: string, parameters: Map<string, string>): PostgresTls {
  const file = parameters.get("sslrootcert");
  const asked = parameters.get("sslmode") ?? (file === undefined ? "disable" : "verify-full");
  const mode = MODES.find((one) => one === asked);
  if (mode === undefined) throw new StartError(`${setting} has a sslmode that is none of ${MODES.join(", ")}`);
  if (file === undefined || mode === "disable") return { mode, ca: null };
  // As in libpq: where certificates are named, they are verified.
  if (file === "system") return { mode: "verify-full", ca: null };
  try {
    return { mode: mode === "verify-full" ? mode : "verify-ca", ca: readFileSync(file, "utf8") };
  } catch (error) {
    const code = codeOf(error) || "unreadable";
    throw new StartError(`${setting} names a sslrootcert that can't be read (${code})`);
  }
}
