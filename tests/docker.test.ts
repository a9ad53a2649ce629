/** The Dockerfiles and docker-compose.yml against the rest of the repository: there is no Docker where tests run. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { install } from "../infrastructure/local/processes/packages.ts";
import { SETTINGS } from "../src/config/settings.ts";
import { loadConfig } from "../src/config.ts";
import { composeConfig, type Service, servicesOf } from "./harness/docker/compose.ts";
import { copiesOf, filesOf, imageEnvironment, instructionsOf, isSent, readText } from "./harness/docker/files.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import { REPOSITORY } from "./harness/platform.ts";

// The first time docker-compose is installed.
setDefaultTimeout(180_000);

const PASSWORDS = {
  POSTGRES_PASSWORD: "0a1b2c",
  POSTGRES_ADMIN_PASSWORD: "3d4e5f",
  KAFKA_PASSWORD: "6a7b8c",
  REDIS_PASSWORD: "9d0e1f",
};
const APIS = ["api-1", "api-2", "api-3"];
const WORKERS = ["worker-1", "worker-2", "worker-3"];
const BROKERS = ["kafka", "kafka-2", "kafka-3"];
const WATCHING = ["prometheus", "grafana", "postgres-exporter", "redis-exporter"];
const PINNED = /:v?\d[^@]*@sha256:[0-9a-f]{64}$/;
const ENTRY = "Dockerfile";
const POOLER = "infrastructure/docker/pgbouncer";
const REDIS_EXPORTER = "infrastructure/docker/redis-exporter";

let services: Service[] = [];
beforeAll(async () => {
  await install(["docker-compose"]);
  const { code, printed, complaint } = await composeConfig(PASSWORDS);
  if (code !== 0) throw new Error(complaint);
  services = servicesOf(printed);
});

const service = (name: string): Service => {
  const found = services.find((one) => one.name === name);
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const platform = () => [...APIS, ...WORKERS].map(service);
const exists = (path: string) => existsSync(join(REPOSITORY, path));
const configOf = ({ environment }: Service) => loadConfig({ ...imageEnvironment(ENTRY), ...environment });
const match = (text: string, pattern: RegExp) => pattern.exec(text)?.[1] ?? `nothing like ${pattern}`;
const mebibytes = (text: unknown) => {
  const [, number = "", unit = ""] = /^(\d+)([kmg]?)b?$/.exec(String(text).toLowerCase()) ?? [];
  return Number(number) * ({ "": 1 / 2 ** 20, k: 1 / 1024, m: 1, g: 1024 }[unit] ?? Number.NaN);
};

test("the services are those that were promised", () => {
  const others = ["nginx", "pgbouncer", "postgres", "postgres-replica", "redis", ...BROKERS, "benchmark"];
  expect(services.map(({ name }) => name).sort()).toEqual([...APIS, ...WORKERS, ...others, ...WATCHING].sort());
  const behindProfiles = services.filter(({ settings }) => settings.profiles !== undefined);
  const profiles = Object.fromEntries(behindProfiles.map(({ name, settings }) => [name, settings.profiles]));
  expect(profiles).toEqual({
    benchmark: ["benchmark"],
    "kafka-2": ["brokers"],
    "kafka-3": ["brokers"],
    "postgres-replica": ["replica"],
    ...Object.fromEntries(WATCHING.map((name) => [name, ["monitoring"]])),
  });
});

describe("passwords", () => {
  for (const name of Object.keys(PASSWORDS)) {
    test(`${name} left empty as in .env.example: compose stops and says so`, async () => {
      const others = Object.entries(PASSWORDS).filter(([other]) => other !== name);
      const { code, complaint } = await composeConfig(Object.fromEntries(others));
      expect(code).not.toBe(0);
      expect(complaint).toContain(`${name} is missing; copy .env.example to .env`);
    });
  }

  test("reach those who need them and no image", () => {
    const holders = (secret: string) =>
      services.filter((one) => JSON.stringify(one).includes(secret)).map(({ name }) => name);
    const users = [...APIS, ...WORKERS, "pgbouncer", "postgres", "postgres-exporter"];
    expect(holders(PASSWORDS.POSTGRES_PASSWORD).sort()).toEqual(users.sort());
    expect(holders(PASSWORDS.POSTGRES_ADMIN_PASSWORD)).toEqual(["postgres"]);
    expect(holders(PASSWORDS.KAFKA_PASSWORD).sort()).toEqual([...APIS, ...WORKERS, ...BROKERS].sort());
    expect(holders(PASSWORDS.REDIS_PASSWORD).sort()).toEqual([...APIS, ...WORKERS, "redis", "redis-exporter"].sort());
    for (const { command, healthcheck } of services) {
      expect([...command, ...(healthcheck ?? [])].join(" ")).not.toMatch(/0a1b2c|3d4e5f|6a7b8c|9d0e1f/);
    }
    for (const file of [ENTRY, `${POOLER}/Dockerfile`]) {
      expect(instructionsOf(file).filter(({ name, text }) => /^(ENV|ARG)$/.test(name) && /PASS/.test(text))).toEqual(
        [],
      );
    }
  });

  test(".env.example names every variable that compose reads, no other, and gives no password", () => {
    const read = [...readText("docker-compose.yml").matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name);
    // Handed on as it is, where it is set.
    const handedOn = [...readText("docker-compose.yml").matchAll(/^ +([A-Z_]+):$/gm)].map(([, name]) => name);
    const example = readText(".env.example");
    const offered = [...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    // Compose's own.
    expect(offered.sort()).toEqual([...new Set([...read, ...handedOn, "COMPOSE_PROFILES"])].sort());
    for (const name of Object.keys(PASSWORDS)) expect(example).toMatch(new RegExp(`^${name}=$`, "m"));
  });
});

describe("paths", () => {
  test("what is mounted is there, as a file or folder of the repository that can't be written", () => {
    const mounts = services.flatMap(({ mounts }) => mounts);
    const volumes = mounts.filter(({ source }) => /^[\w-]+$/.test(source));
    expect(volumes.map(({ source }) => source).sort()).toEqual([
      ...BROKERS,
      "postgres",
      "postgres-replica",
      "prometheus",
    ]);
    const bound = mounts.filter((one) => !volumes.includes(one));
    expect(bound.length).toBe(19);
    for (const { source, readOnly } of bound) expect([source, exists(source), readOnly]).toEqual([source, true, true]);
  });

  test("what is run from a mount or copied as a program may be executed", () => {
    const programs = ["kafka/healthy", "postgres/role.sh", "postgres/replica", "pgbouncer/start", "redis/start"];
    for (const path of programs) {
      expect(statSync(join(REPOSITORY, "infrastructure/docker", path)).mode & 0o111).toBe(0o111);
    }
  });

  test("what is copied is there, and reaches the builder", () => {
    const copies = copiesOf(ENTRY).map(({ source }) => source);
    expect(copies).toContain("patches");
    for (const source of copies) expect([source, exists(source), isSent(source)]).toEqual([source, true, true]);
    for (const { source } of copiesOf(`${POOLER}/Dockerfile`)) expect(exists(join(POOLER, source))).toBe(true);
    const builds = new Set(services.flatMap(({ build }) => (build === null ? [] : [build])));
    expect([...builds].sort()).toEqual([".", POOLER, REDIS_EXPORTER]);
    for (const folder of builds) expect(exists(join(folder, "Dockerfile"))).toBe(true);
  });

  test("nothing else reaches it", () => {
    const kept = [
      ".env",
      ".env.local",
      ".git/config",
      "data/platform.db",
      "node_modules/pino/pino.js",
      "tests/harness/http/json.ts",
    ];
    const made = [
      "bench/results/2026.json",
      "src/config.test.ts",
      "src/batching/coalescer.fixture.ts",
      "docker-compose.yml",
    ];
    for (const path of [...kept, ...made]) expect([path, isSent(path)]).toEqual([path, false]);
  });

  for (const stages of [["platform"], ["platform", "benchmark"]]) {
    test(`the image of ${stages.at(-1)} has every file that its own files import`, () => {
      const files = new Set(filesOf(...stages));
      const scanner = new Bun.Transpiler({ loader: "ts" });
      const sources = [...files].filter((path) => path.endsWith(".ts"));
      expect(sources).toContain(stages.length === 1 ? "src/server.ts" : "bench/main.ts");
      const missing = sources.flatMap((path) =>
        scanner
          // It takes no line that names the interpreter.
          .scanImports(readText(path).replace(/^#!.*/, ""))
          .filter(({ path: target }) => target.startsWith("."))
          .map(({ path: target }) => join(dirname(path), target))
          .filter((target) => !files.has(target))
          .map((target) => `${path} imports ${target}`),
      );
      expect(missing).toEqual([]);
    });
  }

  test("the packages are installed with their patches, and the migrations are there", async () => {
    const patches = objectAt(await Bun.file(join(REPOSITORY, "package.json")).json(), "patchedDependencies");
    expect(filesOf("dependencies").sort()).toEqual(
      ["package.json", "bun.lock", "bunfig.toml", ...Object.values(patches).map(String)].sort(),
    );
    const steps = instructionsOf(ENTRY).filter(({ stage }) => stage === "dependencies");
    expect(steps.at(-1)?.text).toStartWith("bun install --frozen-lockfile --production");
    const migrations = filesOf("platform").filter((path) => /^sql\/postgres\/\d+_.*\.sql$/.test(path));
    expect(migrations.length).toBeGreaterThan(0);
  });
});

describe("versions", () => {
  test("Bun's is the Makefile's", () => {
    const wanted = match(readText("Makefile"), /^BUN_VERSION := (\S+)$/m);
    expect(match(readText(ENTRY), /^ARG BUN_VERSION=(\S+)$/m)).toBe(wanted);
    const bases = instructionsOf(ENTRY).flatMap(({ name, text }) => (name === "FROM" ? [text.split(" ")[0]] : []));
    // The last one is what is built unless another is asked for.
    expect(bases.slice(2)).toEqual(["base", "base", "platform", "platform"]);
    expect(at(service("benchmark").settings, "build", "target")).toBe("benchmark");
    for (const { settings } of platform()) expect(at(settings, "build", "target")).toBe(undefined);
  });

  test("those of the services are pinned, Kafka's to the one that tests use", () => {
    const kafka = match(readText("infrastructure/kafka/pom.xml"), /kafka_2\.13<\/artifactId>\s*<version>([^<]+)/);
    expect(kafka).toStartWith("3.9.");
    expect(service("kafka").image).toStartWith(`apache/kafka:${kafka}@`);
    expect(service("postgres").image).toMatch(/^postgres:16[.-]/);
    expect(service("redis").image).toMatch(/^redis:7\.2[.-]/);
    expect(service("nginx").image).toMatch(/^nginx:1\.\d+[.-]/);
    for (const { name, image, build } of services) {
      if (build === null) expect([name, image]).toEqual([name, expect.stringMatching(PINNED)]);
    }
    const own = [ENTRY, `${POOLER}/Dockerfile`, `${REDIS_EXPORTER}/Dockerfile`].flatMap(instructionsOf);
    const others = own.filter(({ name, text }) => name === "FROM" && !/^(base|platform)\b/.test(text));
    expect(others.length).toBe(4);
    for (const { text } of others) expect(text.split(" ")[0]).toMatch(PINNED);
    const pooler = instructionsOf(`${POOLER}/Dockerfile`);
    const minor = Number(match(pooler.map(({ text }) => text).join(" "), /pgbouncer=1\.(\d+)\.\*/));
    expect(minor).toBeGreaterThanOrEqual(24);
  });
});

describe("the platform's processes", () => {
  test("run commands of package.json, whose files are in the image", async () => {
    const { scripts } = objectAt(await Bun.file(join(REPOSITORY, "package.json")).json());
    const files = filesOf("platform", "benchmark");
    const commands: [string, string[]][] = [...platform(), service("benchmark")].map((one) => [one.name, one.command]);
    const standard: string[] = JSON.parse(instructionsOf(ENTRY).find(({ name }) => name === "CMD")?.text ?? "[]");
    for (const [name, [program, run, script = ""]] of [...commands, ["the image", standard] as const]) {
      expect([name, program, run]).toEqual([name, "bun", "run"]);
      expect(files).toContain(match(textAt(scripts, script), /\bbun (\S+\.ts)$/));
    }
    expect(new Set(APIS.map((name) => service(name).command.at(-1)))).toEqual(new Set(["api"]));
    expect(new Set(WORKERS.map((name) => service(name).command.at(-1)))).toEqual(new Set(["worker"]));
  });

  test("get settings that exist and are accepted", () => {
    // Bun's and every library's own.
    const known = [...SETTINGS, "NODE_ENV", "BUN_JSC_forceRAMSize"];
    expect(Object.keys(imageEnvironment(ENTRY)).filter((name) => !known.includes(name))).toEqual([]);
    for (const one of platform()) {
      expect(Object.keys(one.environment).filter((name) => !known.includes(name))).toEqual([]);
      const { mode, postgres } = configOf(one);
      expect(mode).toBe("postgres + kafka + redis");
      expect(postgres?.prepare).toBe(true);
      expect(postgres?.address.host).not.toBe(postgres?.migrateAddress.host);
    }
    // The bench's own.
    expect(Object.keys(service("benchmark").environment)).toEqual(["BENCHMARK_CONCURRENCY"]);
    const bench = filesOf("benchmark").filter((path) => path.startsWith("bench/"));
    expect(bench.some((path) => readText(path).includes("process.env.BENCHMARK_CONCURRENCY"))).toBe(true);
  });

  test("fit into PgBouncer's pool, and that into PostgreSQL", () => {
    const pooler = readText("infrastructure/pgbouncer/pgbouncer.ini");
    const setting = (name: string) => Number(match(pooler, new RegExp(`^${name} = (\\d+)$`, "m")));
    const connections = platform().map((one) => configOf(one).postgres?.pool ?? Number.NaN);
    const wanted = connections.reduce((sum, count) => sum + count, 0);
    expect(wanted).toBeGreaterThanOrEqual(12);
    for (const limit of ["default_pool_size", "max_db_connections", "max_client_conn"]) {
      expect(wanted).toBeLessThanOrEqual(setting(limit));
    }
    // Besides the pool: one for each process that migrates, a few for people, three for superusers alone.
    const server = Number(match(readText("infrastructure/postgres/postgresql.conf"), /^max_connections = (\d+)$/m));
    expect(setting("max_db_connections") + connections.length + 5 + 3).toBeLessThanOrEqual(server);
    expect(readText(`${POOLER}/start`)).toMatch(/^max_prepared_statements = [1-9]\d*$/m);
    expect(pooler).toMatch(/^auth_type = scram-sha-256$/m);
  });
});

describe("memory", () => {
  test("of a service is more than what its own configuration lets it take", () => {
    const limit = (name: string) => mebibytes(service(name).settings.mem_limit);
    expect(limit("redis")).toBeGreaterThan(
      mebibytes(match(readText("infrastructure/redis/redis.conf"), /^maxmemory (\S+)$/m)),
    );
    expect(limit("kafka")).toBeGreaterThan(
      mebibytes(match(service("kafka").environment.KAFKA_HEAP_OPTS ?? "", /-Xmx(\S+)/)),
    );
    const buffers = match(readText("infrastructure/postgres/postgresql.conf"), /^shared_buffers = (\S+)$/m);
    expect(limit("postgres")).toBeGreaterThan(mebibytes(buffers));
  });
});
