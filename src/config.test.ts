import { describe, expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
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

describe("refused, with the name and the value", () => {
  const cases: [name: string, ...values: string[]][] = [
    ["PORT", "-1", "65536", "abc", "80a", "0x", "NaN", "Infinity", "1e999"],
    ["STORAGE", "disk", "FILE", " file", "true"],
    ["SQLITE_SYNCHRONOUS", "OFF", "full", "2"],
    ["WORKER_THREADS", "0", "65", "-1", "all"],
    ["WORKER_MAX_IN_FLIGHT", "0", "100001", "many"],
    ["LEASE_SECONDS", "0", "0.9", "3601", "-5", "30s", "Infinity"],
    ["LOG_LEVEL", "INFO", "silent", "fatal", "warning"],
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
        const error = refusal({ [name]: value });
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
