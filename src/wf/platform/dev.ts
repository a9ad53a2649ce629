import { watch } from "node:fs";
import { resolve } from "node:path";
import { Client } from "../../client/index.ts";
import { isObject, type Json } from "../../schemas/json/json.ts";
import type { Call, Command } from "../command.ts";
import { applyPlan, showPlan } from "../definitions/apply.ts";
import { ownerOf } from "../definitions/owner.ts";
import { planOf } from "../definitions/plan.ts";
import { EXIT, Failure, failureOf, UsageError } from "../exits.ts";
import { isFolder } from "../files/definition-files.ts";
import type { Terminal } from "../terminal.ts";

const PROGRAM = new URL("../../main.ts", import.meta.url).pathname;
/** An editor that saves a file changes it several times. */
const SETTLED_MILLISECONDS = 100;
/** pino's number for a warning. */
const WARNING = 40;

/** Runs a platform that has the definitions of a folder. */
export const dev: Command = {
  name: "dev",
  arguments: "[DIR]",
  summary: "Run a platform here that has the definitions of a folder, also as they change",
  options: {
    port: { value: "PORT", about: "where it listens; 8001, 0 for any" },
    data: { value: "DIR", about: "the folder of its database; DIR/.wf" },
  },
  examples: ["wf dev workflows/", "wf dev --port 0"],
  least: 0,
  most: 1,
  async run(call) {
    const { given, terminal, signal } = call;
    const folder = given.at(0) || ".";
    if (!isFolder(folder)) throw new UsageError(`${folder} is no folder`);
    const platform = start(folder, call);
    const ended = platform.child.exited.then((code) => {
      if (!signal.aborted) throw new Failure(`The platform ended with exit code ${code}`);
    });
    signal.addEventListener("abort", () => platform.child.kill("SIGTERM"));
    try {
      const url = await Promise.race([platform.address, ended.then(() => "")]);
      if (url !== "") await follow(folder, new Client({ url }), terminal, signal, url);
      await ended;
      return EXIT.ok;
    } finally {
      platform.child.kill("SIGTERM");
      await platform.child.exited;
    }
  },
};

/** Starts a platform; its warnings are passed on. */
function start(folder: string, { given, terminal }: Call) {
  const address = Promise.withResolvers<string>();
  const child = Bun.spawn(["bun", PROGRAM], {
    env: {
      ...process.env,
      PORT: given.text("port") ?? process.env.PORT ?? "8001",
      DATA_DIR: given.text("data") ?? process.env.DATA_DIR ?? resolve(folder, ".wf"),
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  void readLines(child.stderr, (line) => terminal.note(withOptions(line)));
  void readLines(child.stdout, (line) => {
    const said = parsed(line);
    if (said.msg === "listening" && typeof said.address === "string") address.resolve(said.address);
    if (!(Number(said.level) < WARNING)) terminal.note(withOptions(line));
  });
  return { child, address: address.promise };
}

/** What the platform says of its settings, with the options that set them here. */
function withOptions(line: string): string {
  return line.replace("set another PORT", "take another --port").replace("set another DATA_DIR", "take another --data");
}

/** Applies the folder, and again with each change of it, until it is interrupted. */
async function follow(
  folder: string,
  client: Client,
  terminal: Terminal,
  signal: AbortSignal,
  url: string,
): Promise<void> {
  const owner = ownerOf(folder);
  let changed = Promise.withResolvers<void>();
  const watcher = watch(folder, { signal }, (_, name) => {
    if (name?.endsWith(".json")) changed.resolve();
  });
  signal.addEventListener("abort", () => changed.resolve());
  try {
    while (!signal.aborted) {
      await applyOnce();
      await changed.promise;
      await Bun.sleep(SETTLED_MILLISECONDS);
      changed = Promise.withResolvers();
    }
  } finally {
    watcher.close();
  }

  async function applyOnce(): Promise<void> {
    try {
      const plan = await planOf(folder, { owner, prunes: true }, client, signal);
      showPlan(plan, terminal);
      await applyPlan(plan, client, terminal);
    } catch (error) {
      const failure = failureOf(error, url);
      if (failure === null) throw error;
      if (!signal.aborted) terminal.note([failure.message, ...failure.lines].join("\n"));
    }
  }
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") take(line);
  }
}

function parsed(line: string): Record<string, Json> {
  try {
    const value: Json = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
