/** What a command is, and how its arguments are read. */
import { parseArgs } from "node:util";
import type { Client } from "../client/index.ts";
import { UsageError } from "./exits.ts";
import type { Terminal } from "./terminal.ts";

export interface Option {
  /** What stands for its value in the help; a flag has none. */
  value?: string;
  short?: string;
  /** May be given more than once. */
  isRepeatable?: true;
  about: string;
}

export interface Command {
  name: string;
  /** What stands behind its name, as `RUN [BODY]`. */
  arguments: string;
  summary: string;
  options: Record<string, Option>;
  examples: readonly string[];
  /** How many arguments it takes. */
  least: number;
  most: number;
  /** @returns the exit code */
  run(call: Call): Promise<number>;
}

/** One call of a command. */
export interface Call {
  given: Arguments;
  terminal: Terminal;
  /** Where the platform is. */
  url: string;
  client: Client;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Those of every command. */
export const COMMON: Record<string, Option> = {
  url: { value: "URL", about: "the platform; WF_URL, or http://127.0.0.1:8001" },
  json: { about: "write JSON for programs" },
  help: { short: "h", about: "show this" },
};

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** What a command was given. */
export class Arguments {
  readonly all: readonly string[];
  readonly #values: Values;

  constructor(all: readonly string[], values: Values) {
    this.all = all;
    this.#values = values;
  }

  /** The argument at a place; empty where there is none. */
  at(index: number): string {
    return this.all[index] ?? "";
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  texts(name: string): string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  }

  /** @throws UsageError where it is no whole number from `least` on */
  number(name: string, least = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= least) return value;
    throw new UsageError(`--${name} takes a whole number from ${least} on, and not ${JSON.stringify(text)}`);
  }
}

/** Reads what stands behind the name of a command. @throws UsageError */
export function readArguments(command: Command, words: string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...COMMON }).map(([name, { value, short, isRepeatable }]) => [
      name,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        multiple: isRepeatable === true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  let read: { values: Values; positionals: string[] };
  try {
    read = parseArgs({ args: words, options, allowPositionals: true, strict: true });
  } catch (error) {
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw new UsageError(`${sentence}; \`wf ${command.name} --help\` lists the options`);
  }
  const { positionals, values } = read;
  const isAsking = values.help === true;
  if (!isAsking && (positionals.length < command.least || positionals.length > command.most)) {
    const few = positionals.length < command.least;
    const called = `wf ${command.name}${command.arguments === "" ? "" : ` ${command.arguments}`}`;
    throw new UsageError(`${few ? "Something is missing" : "That is too much"}: \`${called}\``);
  }
  return new Arguments(positionals, values);
}
