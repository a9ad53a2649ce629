import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SECRETS } from "./config/settings.ts";
import { type Config, loadConfig } from "./config.ts";
import { StartError } from "./errors.ts";

const DEFAULTS: Partial<Config> = {
  PORT: 8001,
  HOST: "127.0.0.1",
  DATA_DIR: resolve("./data"),
  STORAGE: "file",
  SQLITE_SYNCHRONOUS: "FULL",
  WORKER_THREADS: Math.max(1, availableParallelism() - 1),
  WORKER_MAX_IN_FLIGHT: 4096,
  LEASE_SECONDS: 30,
  LOG_LEVEL: "info",
  mode: "embedded",
  postgres: null,
  kafka: null,
  redis: null,
};

function refusal(environment: Record<string, string>): unknown {
  try {
    loadConfig(environment);
  } catch (error) {
    return error;
  }
  return null;
}

test("an empty environment gives the defaults", () => expect(loadConfig({})).toMatchObject(DEFAULTS));

test("what is empty or undefined counts as not set, what is not ours is left out", () => {
  expect(loadConfig({ PORT: "", HOST: undefined, PATH: "/bin", port: "1", mode: "x" })).toEqual(loadConfig({}));
});

test("it cannot be changed", () => {
  const config = loadConfig({});
  expect(Object.isFrozen(config)).toBe(true);
  expect(() => Object.assign(config, { PORT: 1 })).toThrow(TypeError);
});

test("loading leaves the environment as it is", () => {
  const environment = { PORT: "80", DATA_DIR: "x" };
  loadConfig(environment);
  expect(environment).toEqual({ PORT: "80", DATA_DIR: "x" });
});

describe("taken", () => {
  const cases: { set: Record<string, string>; gives: Partial<Config> }[] = [
    { set: { PORT: "0" }, gives: { PORT: 0 } },
    { set: { PORT: "65535" }, gives: { PORT: 65_535 } },
    { set: { HOST: "::1" }, gives: { HOST: "::1" } },
    { set: { HOST: "[::1]" }, gives: { HOST: "::1" } },
    { set: { DATA_DIR: "/var/lib/platform" }, gives: { DATA_DIR: "/var/lib/platform" } },
    { set: { DATA_DIR: "a/../b" }, gives: { DATA_DIR: resolve("b") } },
    { set: { STORAGE: "memory" }, gives: { STORAGE: "memory" } },
    { set: { SQLITE_SYNCHRONOUS: "NORMAL" }, gives: { SQLITE_SYNCHRONOUS: "NORMAL" } },
    { set: { WORKER_THREADS: "64" }, gives: { WORKER_THREADS: 64 } },
    { set: { WORKER_MAX_IN_FLIGHT: "1" }, gives: { WORKER_MAX_IN_FLIGHT: 1 } },
    { set: { WORKER_MAX_IN_FLIGHT: "100000" }, gives: { WORKER_MAX_IN_FLIGHT: 100_000 } },
    { set: { LEASE_SECONDS: "3600" }, gives: { LEASE_SECONDS: 3600 } },
    { set: { LEASE_SECONDS: "1.5" }, gives: { LEASE_SECONDS: 1.5 } },
    { set: { LOG_LEVEL: "trace" }, gives: { LOG_LEVEL: "trace" } },
    { set: { LOG_LEVEL: "error", PORT: "80" }, gives: { LOG_LEVEL: "error", PORT: 80 } },
  ];
  for (const { set, gives } of cases) {
    test(JSON.stringify(set), () => expect(loadConfig(set)).toEqual({ ...loadConfig({}), ...gives }));
  }
});

describe("what is set decides the mode", () => {
  const POSTGRES = { POSTGRES_HOST: "db" };
  const KAFKA = { KAFKA_BOOTSTRAP_SERVERS: "one:9092, two:9092" };
  const REDIS = { REDIS_HOST: "cache" };

  test("nothing: embedded", () => {
    expect(loadConfig({})).toMatchObject({ mode: "embedded", postgres: null, kafka: null, redis: null });
  });

  test("PostgreSQL, and what is added to it", () => {
    expect(loadConfig(POSTGRES).mode).toBe("postgres");
    expect(loadConfig({ ...POSTGRES, ...KAFKA }).mode).toBe("postgres + kafka");
    expect(loadConfig({ ...POSTGRES, ...REDIS }).mode).toBe("postgres + redis");
    expect(loadConfig({ ...POSTGRES, ...KAFKA, ...REDIS }).mode).toBe("postgres + kafka + redis");
  });

  test("Kafka or Redis without PostgreSQL is refused, and named", () => {
    expect(String(refusal(KAFKA))).toMatch(/Kafka needs PostgreSQL .*POSTGRES_HOST/);
    expect(String(refusal(REDIS))).toMatch(/Redis needs PostgreSQL .*POSTGRES_HOST/);
  });

  test("the parts of the address are put together, whatever the password holds", () => {
    const set = { POSTGRES_HOST: "db", POSTGRES_PORT: "6432", POSTGRES_DB: "a b", POSTGRES_USER: "u" };
    const { postgres } = loadConfig({ ...set, POSTGRES_PASSWORD: "p@:/?#%" });
    const place = { host: "db", port: 6432, user: "u", password: "p@:/?#%", database: "a b" };
    expect(postgres?.address).toMatchObject(place);
    expect(postgres?.migrateAddress).toMatchObject(place);
    expect(postgres).toMatchObject({ pool: 6, prepare: false });
  });

  test("an address in one piece wins, and migrations may have another", () => {
    const set = { ...POSTGRES, DATABASE_URL: "postgres://u:p@pool/x", MIGRATE_DATABASE_URL: "postgresql://v:q@db/y" };
    const { postgres } = loadConfig(set);
    expect(postgres?.address).toMatchObject({ host: "pool", user: "u", password: "p", database: "x" });
    expect(postgres?.migrateAddress).toMatchObject({ host: "db", user: "v", password: "q", database: "y" });
    const cache = { host: "cache", port: 1, username: null, password: null, db: 0, tls: false };
    expect(loadConfig({ ...POSTGRES, ...REDIS, REDIS_PORT: "1" }).redis).toEqual(cache);
    const url = { REDIS_URL: "rediss://r/1", REDIS_PASSWORD: "s" };
    const other = { host: "r", port: 6379, password: "s", db: 1, tls: true };
    expect(loadConfig({ ...POSTGRES, ...REDIS, ...url }).redis).toMatchObject(other);
  });

  test("an address in one piece may leave the role, password, port and database to the settings apart", () => {
    const apart = { POSTGRES_USER: "u", POSTGRES_PASSWORD: "p", POSTGRES_PORT: "6432", POSTGRES_DB: "x" };
    const urls = { DATABASE_URL: "postgres://pool", MIGRATE_DATABASE_URL: "postgres://db" };
    const { postgres } = loadConfig({ ...apart, ...urls });
    const whole = { host: "pool", port: 6432, user: "u", password: "p", database: "x" };
    expect(postgres?.address).toMatchObject(whole);
    // The pooler's port is not PostgreSQL's.
    expect(postgres?.migrateAddress).toMatchObject({ ...whole, host: "db", port: 5432 });
  });

  test("the brokers, topics and the group", () => {
    const names = { KAFKA_CONSUMER_GROUP: "g", KAFKA_TOPIC_WORKFLOW_TRIGGER: "t", KAFKA_TOPIC_WORKFLOW_COMPLETED: "c" };
    expect(loadConfig({ ...POSTGRES, ...KAFKA, ...names, KAFKA_PARTITIONS: "6" }).kafka).toEqual({
      brokers: ["one:9092", "two:9092"],
      sasl: null,
      tls: null,
      group: "g",
      triggerTopic: "t",
      completedTopic: "c",
      partitions: 6,
    });
  });

  test("an address that is none is refused without repeating it, since it holds a password", () => {
    for (const name of ["DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL"]) {
      const sentence = String(refusal({ ...POSTGRES, [name]: "http://user:secret@db" }));
      expect(sentence).toContain(`${name} has to begin with `);
      expect(sentence).not.toContain("secret");
    }
  });

  test("nor is an address that stands where another setting was meant", () => {
    for (const name of ["POSTGRES_HOST", "POSTGRES_PORT", "REDIS_HOST", "REDIS_PORT", "LOG_LEVEL", "HOST"]) {
      const sentence = String(refusal({ ...POSTGRES, ...REDIS, [name]: "postgres://user:secret@db" }));
      expect(sentence).toContain(name);
      expect(sentence).not.toContain("secret");
    }
  });

  test("settings of what is off are not read", () => {
    const wrong = {
      POSTGRES_PORT: "x",
      POSTGRES_POOL: "x",
      MIGRATE_DATABASE_URL: "x",
      POSTGRES_PASSWORD_FILE: "/none",
    };
    const others = { KAFKA_PARTITIONS: "x", REDIS_PORT: "x", REDIS_PASSWORD_FILE: "/none" };
    expect(loadConfig({ ...wrong, ...others })).toEqual(loadConfig({}));
    expect(loadConfig({ ...POSTGRES, ...others })).toEqual(loadConfig(POSTGRES));
  });

  test("what Kubernetes sets for a Service that is called redis or postgres is no port", () => {
    const links = { REDIS_PORT: "tcp://10.0.0.1:6379", POSTGRES_PORT: "udp://10.0.0.2:1" };
    expect(loadConfig(links)).toEqual(loadConfig({}));
    expect(loadConfig({ ...POSTGRES, ...REDIS, ...links })).toEqual(loadConfig({ ...POSTGRES, ...REDIS }));
  });
});

describe("a password in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "config-test-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const holding = (name: string, text: string | Uint8Array) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test("is taken for every setting that may hold one, but for the line break at its end", () => {
    const url = holding("url", "postgres://u:p@db/x\n");
    expect(loadConfig({ DATABASE_URL_FILE: url }).postgres?.address).toMatchObject({ host: "db", password: "p" });
    for (const [text, password] of [
      ["p w", "p w"],
      ["é#%/@:\r\n", "é#%/@:"],
      ["", ""],
    ] as const) {
      const set = { POSTGRES_HOST: "db", POSTGRES_PASSWORD_FILE: holding("password", text) };
      expect(loadConfig(set).postgres?.address.password).toBe(password);
    }
    const redis = { POSTGRES_HOST: "db", REDIS_HOST: "r", REDIS_PASSWORD_FILE: holding("redis", "q") };
    expect(loadConfig(redis).redis?.password).toBe("q");
    expect(SECRETS).toEqual(expect.arrayContaining(["MIGRATE_DATABASE_URL", "REDIS_URL"]));
  });

  const refused: [title: string, set: () => Record<string, string>, sentence: string][] = [
    ["that is missing", () => ({ POSTGRES_PASSWORD_FILE: join(folder, "secret") }), "can't be read (ENOENT)"],
    ["that is a folder", () => ({ POSTGRES_PASSWORD_FILE: folder }), "can't be read (EISDIR)"],
    [
      "beside the setting",
      () => ({ POSTGRES_PASSWORD: "secret", POSTGRES_PASSWORD_FILE: holding("p", "secret") }),
      "both set",
    ],
    ["of two lines", () => ({ POSTGRES_PASSWORD_FILE: holding("p", "secret\nsecret\n") }), "control character"],
    ["that is no text", () => ({ POSTGRES_PASSWORD_FILE: holding("p", Uint8Array.of(255, 254)) }), "can't be read"],
  ];
  for (const [title, set, sentence] of refused) {
    test(`${title} is refused with one sentence`, () => {
      const error = refusal({ POSTGRES_HOST: "db", ...set() });
      expect(error).toBeInstanceOf(StartError);
      expect(String(error)).toContain(sentence);
      expect(String(error)).not.toContain("secret");
    });
  }
});

describe("refused, with the name and the value", () => {
  const cases: [name: string, ...values: string[]][] = [
    ["PORT", "-1", "65536", "abc", "80a", "0x", "NaN", "Infinity", "1e999"],
    ["STORAGE", "disk", "FILE", " file", "true"],
    ["SQLITE_SYNCHRONOUS", "OFF", "full", "2"],
    ["WORKER_THREADS", "0", "65", "-1", "all"],
    ["WORKER_MAX_IN_FLIGHT", "0", "100001", "many"],
    ["LEASE_SECONDS", "0", "0.9", "3601", "-5", "30s", "Infinity"],
    ["LOG_LEVEL", "INFO", "silent", "fatal", "warning"],
    ["POSTGRES_PORT", "0", "65536", "db"],
    ["POSTGRES_POOL", "1", "101"],
    ["POSTGRES_PREPARE", "yes", "1", "TRUE"],
    ["KAFKA_PARTITIONS", "0", "1001"],
    ["REDIS_PORT", "0", "65536"],
  ];
  // What is no whole number in plain digits must not become another one in silence.
  const misread: [name: string, ...values: string[]][] = [
    ["PORT", "8001.9", "1e3", "true", "false", "0x10"],
    ["WORKER_THREADS", "2.7", "true"],
    ["WORKER_MAX_IN_FLIGHT", "1e5", "4096.5"],
    ["LEASE_SECONDS", "true"],
  ];
  for (const [name, ...values] of [...cases, ...misread]) {
    for (const value of values) {
      test(`${name}=${value}`, () => {
        const error = refusal({ POSTGRES_HOST: "db", KAFKA_BOOTSTRAP_SERVERS: "k:1", REDIS_HOST: "r", [name]: value });
        expect(error).toBeInstanceOf(StartError);
        expect(String(error)).toContain(`${name}=${value} is not a valid setting (`);
        expect(String(error)).not.toContain("\n");
      });
    }
  }

  test("the right one of several is named", () => {
    expect(String(refusal({ PORT: "80", LEASE_SECONDS: "no", STORAGE: "memory" }))).toContain("LEASE_SECONDS=no");
  });
});
