import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { StartError } from "./errors.ts";

/** The configuration table: every variable of the environment that the platform reads, with its default. */
const Environment = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8001, description: "Port; 0 takes a free one" }),
  HOST: Type.String({ pattern: "\\S", default: "127.0.0.1", description: "Address to listen on" }),
  DATA_DIR: Type.String({ pattern: "\\S", default: "./data", description: "Folder of the database file" }),
  STORAGE: Type.Union([Type.Literal("file"), Type.Literal("memory")], {
    default: "file",
    description: "file survives everything; memory is gone with the process",
  }),
  SQLITE_SYNCHRONOUS: Type.Union([Type.Literal("FULL"), Type.Literal("NORMAL")], {
    default: "FULL",
    description:
      "FULL: on disk before the answer; NORMAL: a power cut may lose the last moments, a crash loses nothing",
  }),
  WORKER_THREADS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: Math.max(1, availableParallelism() - 1),
    description: "Threads that execute steps; cores - 1",
  }),
  WORKER_MAX_IN_FLIGHT: Type.Integer({ minimum: 1, maximum: 100_000, default: 4096, description: "Runs held at once" }),
  BUN_CONFIG_MAX_HTTP_REQUESTS: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 256,
    description: "Effects under way at once: what Bun itself lets out, so it has to be in the environment at the start",
  }),
  LEASE_SECONDS: Type.Number({
    minimum: 1,
    maximum: 3600,
    default: 30,
    description: "How long a claim lasts unrenewed",
  }),
  LOG_LEVEL: Type.Union(
    ["trace", "debug", "info", "warn", "error"].map((level) => Type.Literal(level)),
    { default: "info", description: "Least severe level that is logged" },
  ),
});
/** The names of all settings. */
export const SETTINGS: readonly string[] = Object.keys(Environment.properties);

export type Config = Readonly<Static<typeof Environment>> & { readonly mode: "embedded" };

/**
 * Reads the environment once.
 *
 * @throws StartError naming the variable that does not fit.
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const named = Object.fromEntries(
    SETTINGS.flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === "" ? [] : [[name, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value]];
    }),
  );
  const converted = Value.Default(Environment, named);
  if (!Value.Check(Environment, converted)) {
    const error = Value.Errors(Environment, converted).First();
    const name = error?.path.split("/")[1] ?? "environment";
    const description = Object.entries(Environment.properties).find(([key]) => key === name)?.[1].description ?? "";
    throw new StartError(`${name}=${environment[name] ?? ""} is not a valid setting (${description})`);
  }
  return Object.freeze({ ...converted, DATA_DIR: resolve(converted.DATA_DIR), mode: "embedded" as const });
}
