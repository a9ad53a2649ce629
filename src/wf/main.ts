#!/usr/bin/env bun
/** `wf`: the platform from a shell. */
import packageJson from "../../package.json" with { type: "json" };
import { Client } from "../client/index.ts";
import { codeOf } from "../errors.ts";
import { readArguments } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, Failure, failureOf, UsageError } from "./exits.ts";
import { helpText, overviewText } from "./help.ts";
import { Terminal } from "./terminal.ts";

/** Somebody waits to hear that nothing answers. */
const RETRIES = 5;

const words = process.argv.slice(2);
const { env } = process;
const terminal = new Terminal({
  out: process.stdout,
  notes: process.stderr,
  env,
  isJson: words.includes("--json"),
});
const interrupted = new AbortController();
/** Where the platform is; told in errors before it is read. */
let url = env.WF_URL ?? "http://127.0.0.1:8001";
/** What the command is about: told where the platform does not have it. */
let subject = "";

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // A second one ends it at once.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
    interrupted.abort(new Failure("", EXIT.interrupted));
  });
}
process.stdout.on("error", (error) => {
  // Whoever read the results has enough of them, as head(1).
  if (codeOf(error) === "EPIPE") process.exit(EXIT.ok);
  terminal.note(`wf: the results can't be written (${codeOf(error)})`);
  process.exit(EXIT.failed);
});

process.exitCode = await main().catch(exitCodeOf);

async function main(): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined) {
    terminal.note(overviewText());
    return EXIT.usage;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    terminal.print(overviewText());
    return EXIT.ok;
  }
  if (name === "--version") {
    terminal.print(packageJson.version);
    return EXIT.ok;
  }
  if (name.startsWith("-")) throw new UsageError(`Options stand behind the command: \`wf COMMAND ${name}\``);
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) throw new UsageError(`There is no command ${name}; \`wf --help\` lists them`);
  const given = readArguments(command, rest);
  if (given.has("help")) {
    terminal.print(helpText(command));
    return EXIT.ok;
  }
  url = addressOf(given.text("url") ?? url);
  subject = given.at(0);
  return command.run({
    given,
    terminal,
    url,
    client: new Client({ url, retries: RETRIES }),
    signal: interrupted.signal,
  });
}

/** @throws UsageError where it is no address */
function addressOf(text: string): string {
  const parsed = URL.parse(text);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return text.replace(/\/+$/, "");
  throw new UsageError(`${JSON.stringify(text)} is no address; write it as http://127.0.0.1:8001`);
}

function exitCodeOf(error: unknown): number {
  const failure = failureOf(error, url, subject);
  if (failure === null) throw error;
  const { message, exitCode, lines } = failure;
  if (message === "") return exitCode;
  if (terminal.isJson) terminal.note(JSON.stringify({ error: message, lines }));
  else terminal.note([`${terminal.colored("red", "wf:", "notes")} ${message}`, ...lines].join("\n"));
  return exitCode;
}
