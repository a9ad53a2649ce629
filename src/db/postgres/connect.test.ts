/** Addresses against a real PostgreSQL with TLS, IPv6, a Unix socket and a password of every awkward character. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install, pathOf, run } from "../../../infrastructure/local/processes/packages.ts";
import { type Home, homeOf, outsideOf, writeAs } from "../../../infrastructure/local/processes/unprivileged.ts";
import { loadConfig } from "../../config.ts";
import { connect } from "./connect.ts";

setDefaultTimeout(60_000);
const PASSWORD = "p@:/?#%&= '\"\\é😀";
const ENCODED = encodeURIComponent(PASSWORD);

const folder = mkdtempSync(join(tmpdir(), "connect-test-"));
let home: Home;
let port = 0;
let server: Bun.Subprocess | null = null;

beforeAll(async () => {
  await install(["postgres", "psql"]);
  home = await homeOf(folder);
  port = await freePort();
  const data = join(home.folder, "data");
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:::1"];
  const files = ["-keyout", join(home.folder, "key"), "-out", join(home.folder, "certificate")];
  await run([
    ...home.as,
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    ...files,
    ...subject,
  ]);
  const secret = await writeAs(home, "password", PASSWORD);
  const settings = ["--username=u", `--pwfile=${secret}`, "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8"];
  await run([...home.as, pathOf("initdb"), "--pgdata", data, ...settings]);
  const own = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1,::1'",
    `unix_socket_directories = '${home.folder}'`,
    "ssl = on",
    `ssl_cert_file = '${home.folder}/certificate'`,
    `ssl_key_file = '${home.folder}/key'`,
  ];
  const config = await writeAs(home, "postgresql.conf", `${own.join("\n")}\n`);
  server = Bun.spawn([...home.as, pathOf("postgres"), "-D", data, "-c", `config_file=${config}`], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  while ((await asked({ POSTGRES_HOST: "127.0.0.1" })) === "refused") await Bun.sleep(50);
});

afterAll(async () => {
  server?.kill("SIGINT");
  await server?.exited;
  for (const path of [folder, outsideOf(folder)]) rmSync(path, { recursive: true, force: true });
});

type Answer = { ssl: boolean; name: string; geqo: string } | "refused";

/** What a session is like; "refused" where there is none. */
async function asked(environment: Record<string, string>): Promise<Answer> {
  const apart = {
    POSTGRES_PORT: String(port),
    POSTGRES_USER: "u",
    POSTGRES_PASSWORD: PASSWORD,
    POSTGRES_DB: "postgres",
  };
  const { postgres } = loadConfig({ ...apart, ...environment });
  if (postgres === null) throw new Error("no PostgreSQL is named");
  const sql = connect({ address: postgres.address, size: 1, prepare: false, limitMilliseconds: null });
  try {
    const [answer] = await sql<Exclude<Answer, "refused">[]>`select ssl, current_setting('application_name') as name,
      current_setting('geqo') as geqo from pg_stat_ssl where pid = pg_backend_pid()`;
    return answer ?? "refused";
  } catch {
    return "refused";
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const plain = { ssl: false, name: "workflow-platform", geqo: "on" };
const encrypted = { ...plain, ssl: true };
const url = (host: string, query = "") => ({
  DATABASE_URL: `postgres://u:${ENCODED}@${host}:${port}/postgres?${query}`,
});
const trusted = () => `sslrootcert=${encodeURIComponent(join(home.folder, "certificate"))}`;

const cases: [title: string, environment: () => Record<string, string>, answer: Answer][] = [
  ["a password of every awkward character, apart", () => ({ POSTGRES_HOST: "127.0.0.1" }), plain],
  ["the same in an address", () => url("127.0.0.1"), plain],
  ["another password", () => ({ POSTGRES_HOST: "127.0.0.1", POSTGRES_PASSWORD: "p" }), "refused"],
  ["IPv6", () => ({ POSTGRES_HOST: "::1" }), plain],
  ["IPv6 in brackets", () => ({ POSTGRES_HOST: "[::1]" }), plain],
  ["IPv6 in an address", () => url("[::1]"), plain],
  ["a Unix socket", () => ({ POSTGRES_HOST: home.folder }), plain],
  ["a Unix socket in an address", () => ({ DATABASE_URL: `postgres:///?host=${home.folder}` }), plain],
  ["sslmode=prefer", () => url("127.0.0.1", "sslmode=prefer"), encrypted],
  ["sslmode=require", () => url("127.0.0.1", "sslmode=require"), encrypted],
  ["verify-full with the right name", () => url("localhost", `sslmode=verify-full&${trusted()}`), encrypted],
  ["verify-full with the right IPv6 address", () => url("[::1]", `sslmode=verify-full&${trusted()}`), encrypted],
  ["verify-full with another address", () => url("127.0.0.1", `sslmode=verify-full&${trusted()}`), "refused"],
  ["verify-full without its certificate", () => url("localhost", "sslmode=verify-full"), "refused"],
  ["verify-ca with another address", () => url("127.0.0.1", `sslmode=verify-ca&${trusted()}`), encrypted],
  ["verify-ca without its certificate", () => url("localhost", "sslmode=verify-ca"), "refused"],
  ["application_name", () => url("[::1]", "application_name=a%20b"), { ...plain, name: "a b" }],
  ["options", () => url("[::1]", "options=-c%20geqo%3Doff"), { ...plain, geqo: "off" }],
];
for (const [title, environment, answer] of cases) {
  test(title, async () => expect(await asked(environment())).toEqual(answer));
}

for (const [title, query, session] of [
  ["a limit comes without the compiler, which is slower than the statements", "", { limit: "9s", jit: "off" }],
  ["what the operator has chosen stands", "options=-c%20jit%3Don", { limit: "9s", jit: "on" }],
] as const) {
  test(title, async () => {
    const { postgres } = loadConfig(url("127.0.0.1", query));
    if (postgres === null) throw new Error("no PostgreSQL is named");
    const sql = connect({ address: postgres.address, size: 1, prepare: false, limitMilliseconds: 9000 });
    try {
      const [told] = await sql`select current_setting('statement_timeout') as limit, current_setting('jit') as jit`;
      expect(told).toEqual(session);
    } finally {
      await sql.end({ timeout: 1 });
    }
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer().once("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      listener.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(address)));
    });
  });
}
