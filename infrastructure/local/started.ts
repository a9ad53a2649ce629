/** What a stack was started with, which holds for as long as anything of it runs. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endAll } from "./processes/ending.ts";
import { isAlive, recordsIn } from "./processes/parts.ts";

/** Where the parts of a stack are, and how many there are. */
export interface Frame {
  /** Where nginx listens. */
  port: number;
  /** API processes take the ports after it, services those at their usual distance. */
  basePort: number;
  apis: number;
  workers: number;
  /** Of Kafka: one, or three of which any may be lost. */
  brokers: number;
  /** Whether PostgreSQL has a replica, which the API reads. */
  replica: boolean;
}

/** The variables that the frame is read from. */
const VARIABLES = {
  STACK_PORT: "port",
  STACK_BASE_PORT: "basePort",
  STACK_APIS: "apis",
  STACK_WORKERS: "workers",
  STACK_BROKERS: "brokers",
  STACK_REPLICA: "replica",
} as const satisfies Record<string, keyof Frame>;
type Variable = keyof typeof VARIABLES;
const NAMES = Object.keys(VARIABLES).filter((name): name is Variable => name in VARIABLES);

/** A frame for the stack in a folder, and which of its variables somebody set. */
export interface AskedFrame extends Frame {
  folder: string;
  said: readonly Variable[];
}

/** The variables of the frame that are set. */
export function saidIn(environment: Record<string, string | undefined>): Variable[] {
  return NAMES.filter((name) => (environment[name] ?? "") !== "");
}

/**
 * The settings with the frame of the stack that runs; null when nothing of it runs.
 *
 * @throws Error when one that was set is another there
 */
export function asStarted<Settings extends AskedFrame>(asked: Settings): Settings | null {
  const { folder, said } = asked;
  if (!recordsIn(folder).some(isAlive)) return null;
  // One that an older version started is taken at its caller's word.
  const started = existsSync(fileIn(folder)) ? frameIn(folder) : asked;
  const others = said.filter((name) => asked[VARIABLES[name]] !== started[VARIABLES[name]]);
  if (others.length > 0) {
    const list = (frame: Frame) => others.map((name) => `${name}=${Number(frame[VARIABLES[name]])}`).join(" ");
    throw new Error(
      `The stack in ${folder} runs with ${list(started)}, not ${list(asked)}: leave that out, or end it first (make stack-down)`,
    );
  }
  return { ...asked, ...started };
}

/** The same to start what is missing: where nothing runs, the frame that was asked for is the stack's from now on. */
export async function startedOrNew<Settings extends AskedFrame>(asked: Settings): Promise<Settings> {
  const started = asStarted(asked);
  if (started !== null) return started;
  const { folder, port, basePort, apis, workers, brokers, replica } = asked;
  // What is dead may be of a larger stack than this one.
  await endAll(folder);
  const frame: Frame = { port, basePort, apis, workers, brokers, replica };
  writeFileSync(`${fileIn(folder)}.new`, JSON.stringify(frame));
  renameSync(`${fileIn(folder)}.new`, fileIn(folder));
  return asked;
}

function frameIn(folder: string): Frame {
  return JSON.parse(readFileSync(fileIn(folder), "utf8"));
}

function fileIn(folder: string): string {
  return join(folder, "started.json");
}
