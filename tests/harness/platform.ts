/**
 * Starts the platform the way its users do, as one process reached over HTTP, and takes it and its data away again.
 */
import { setDefaultTimeout } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isObject } from "./http/json.ts";

// Bun gives a test 5 s unless told otherwise, and ends the processes of one that takes longer.
setDefaultTimeout(60_000);

export const REPOSITORY = resolve(import.meta.dir, "../..");

/** pino's number for `error`; everything from here on is a fault of the platform itself. */
const ERROR_LEVEL = 50;
/** What stderr tells the person at the keyboard once the platform listens. */
const BANNER = /^ {2}(Page|API|Docs|Mode|Data) /;
/** Not how fast it starts, but when a test gives up: other files may have the processors. */
const START_DEADLINE_MS = 50_000;

export interface LogLine {
  text: string;
  /** Empty where the line is not a JSON object. */
  fields: Record<string, unknown>;
}

export interface StartOptions {
  /** Added to the environment, which otherwise holds nothing but PATH, HOME and what the platform needs to start. */
  env?: Record<string, string>;
  /** The folder with src/main.ts; this repository by default. */
  root?: string;
  /** A folder to use and leave alone afterwards; by default a fresh one that `close` removes. */
  dataFolder?: string;
  /** File descriptors that it may have, as "soft:hard"; as many as this process otherwise. */
  descriptors?: string;
}

/** How a start that was refused ended. */
export interface Refusal {
  exitCode: number;
  stdout: string;
  stderr: string;
}

type Child = Bun.Subprocess<"ignore", "pipe", "pipe">;

/** For WEBHOOK_ALLOW: the sinks of tests are on loopback, which webhooks can't reach otherwise. */
export const SINKS = "127.0.0.1";

export class Platform {
  /** Changes with every restart. */
  url = "";
  /** What the platform printed since it was first started. */
  readonly logs: LogLine[] = [];
  stderr = "";
  readonly dataFolder: string;
  readonly #root: string;
  readonly #env: Record<string, string>;
  readonly #ownsFolder: boolean;
  #child: Child;
  #output: Promise<unknown>;

  private constructor({ env = {}, root = REPOSITORY, dataFolder, descriptors }: StartOptions) {
    this.dataFolder = dataFolder ?? mkdtempSync(join(tmpdir(), "platform-test-"));
    this.#ownsFolder = dataFolder === undefined;
    this.#root = root;
    this.#env = env;
    this.#child = spawn(this.#root, this.dataFolder, this.#env, descriptors);
    this.#output = Promise.resolve();
  }

  /** @throws Error with everything it printed, when the platform does not listen in time. */
  static async start(options: StartOptions = {}): Promise<Platform> {
    const platform = new Platform(options);
    try {
      await platform.#listening();
    } catch (error) {
      await platform.close();
      throw error;
    }
    return platform;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves once the process is gone. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.#child.exited;
    await this.#output;
  }

  /** Asks for an orderly end; resolves with the exit code. */
  async stop(): Promise<number> {
    await this.kill("SIGTERM");
    return this.#child.exitCode ?? -1;
  }

  /** Resolves with the exit code once the process has ended by itself. */
  async ended(): Promise<number> {
    await this.#output;
    return this.#child.exited;
  }

  /** Starts a new process on the same data; the old one is killed if it still runs. */
  async restart(env: Record<string, string> = {}): Promise<void> {
    await this.kill();
    this.#child = spawn(this.#root, this.dataFolder, { ...this.#env, ...env });
    await this.#listening();
  }

  /** Ends the process and removes its data. */
  async close(): Promise<void> {
    await this.kill();
    if (this.#ownsFolder) rmSync(this.dataFolder, { recursive: true, force: true });
  }

  /** What the platform complained about: log lines of level error, lines that are no log lines, stderr. */
  complaints(): string[] {
    const logged = this.logs.filter(({ fields }) => !(Number(fields.level) < ERROR_LEVEL)).map(({ text }) => text);
    const printed = this.stderr.split("\n").filter((line) => line !== "" && !BANNER.test(line));
    return [...logged, ...printed];
  }

  async #listening(): Promise<void> {
    const child = this.#child;
    const listening = Promise.withResolvers<string>();
    const reading = readLines(child.stdout, (text) => {
      const line = { text, fields: fieldsOf(text) };
      this.logs.push(line);
      const { msg, address } = line.fields;
      if (msg === "listening" && typeof address === "string") listening.resolve(address);
    });
    const complaining = readLines(child.stderr, (text) => {
      this.stderr += `${text}\n`;
    });
    this.#output = Promise.all([reading, complaining]);
    const ended = this.#output.then(() => "ended" as const);
    const late = Promise.withResolvers<"late">();
    const impatient = setTimeout(() => late.resolve("late"), START_DEADLINE_MS);
    const address = await Promise.race([listening.promise, ended, late.promise]);
    clearTimeout(impatient);
    if (address === "ended" || address === "late") {
      const printed = [...this.logs.map(({ text }) => text), this.stderr].join("\n");
      throw new Error(`The platform ${address === "late" ? "does not listen" : "ended at its start"}:\n${printed}`);
    }
    this.url = address;
  }
}

/** Starts a platform that is expected to refuse, and resolves with how it did. */
export async function startRefused(options: StartOptions): Promise<Refusal> {
  const fresh = mkdtempSync(join(tmpdir(), "platform-test-"));
  const child = spawn(options.root ?? REPOSITORY, options.dataFolder ?? fresh, options.env ?? {});
  const impatient = setTimeout(() => child.kill("SIGKILL"), START_DEADLINE_MS);
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(impatient);
  rmSync(fresh, { recursive: true, force: true });
  return { exitCode, stdout, stderr };
}

function spawn(root: string, dataFolder: string, env: Record<string, string>, descriptors?: string): Child {
  const { PATH = "", HOME = "" } = process.env;
  const limited = descriptors === undefined ? [] : ["prlimit", `--nofile=${descriptors}`];
  return Bun.spawn([...limited, "bun", "src/main.ts"], {
    cwd: root,
    env: { PATH, HOME, PORT: "0", HOST: "127.0.0.1", DATA_DIR: dataFolder, WEBHOOK_ALLOW: SINKS, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") take(line);
  }
  if (rest !== "") take(rest);
}

/** The fields of a log line; none where it is no JSON object. */
export function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
