/**
 * The platform that a suite tests, in the mode of TEST_MODE. Set PLATFORM_URL to test one that is already running.
 */
import postgres from "postgres";
import { servicesUp } from "../../infrastructure/local/services.ts";
import { stackSettings, stackUp } from "../../infrastructure/local/stack.ts";
import { basePortOf, frontPortOf, laneFolder } from "./lane.ts";
import { Platform, SINKS } from "./platform.ts";

/** A platform for suites that also run against other deployments. */
export interface PlatformUnderTest {
  url: string;
  /** The process where this test started it; null where PLATFORM_URL names one that runs elsewhere. */
  own: Platform | null;
  close(): Promise<void>;
}

/** Ports and data of the stack that tests start: beside those of `make stack`. */
const STACK = {
  STACK_DIR: `.tools/${laneFolder("test-stack")}`,
  STACK_PORT: String(frontPortOf("test-stack")),
  STACK_BASE_PORT: String(basePortOf("test-stack")),
};

/** The platform in the mode that TEST_MODE names: embedded, postgres, or stack (every service, behind nginx). */
export async function platformUnderTest(): Promise<PlatformUnderTest> {
  const { PLATFORM_URL: url = "", TEST_MODE: mode = "embedded" } = process.env;
  if (url !== "") return { url: url.replace(/\/+$/, ""), own: null, close: async () => {} };
  if (mode === "stack") {
    const settings = stackSettings(STACK);
    process.env.WEBHOOK_ALLOW = SINKS;
    await stackUp(settings);
    // It stays up for the next suite; tests/run takes it away.
    return { url: `http://127.0.0.1:${settings.port}`, own: null, close: async () => {} };
  }
  // Of the three modes one takes no shortcuts: its runs live the one life that the others shorten.
  const env = mode === "postgres" ? { DATABASE_URL: await newDatabase(), SHORTCUTS: "none" } : {};
  const own = await Platform.start({ env });
  return { url: own.url, own, close: () => own.close() };
}

/** The address of an empty PostgreSQL database. */
export async function newDatabase(): Promise<string> {
  const { postgres: address } = await servicesUp(["postgres"]);
  const name = `test_${process.pid}_${++databases}`;
  const sql = postgres(address, { max: 1, fetch_types: false, onnotice: () => {} });
  await sql.unsafe(`drop database if exists ${name} with (force)`);
  await sql.unsafe(`create database ${name}`);
  await sql.end();
  return address.replace(/\/[^/]*$/, `/${name}`);
}
let databases = 0;
