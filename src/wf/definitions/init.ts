import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../command.ts";
import { EXIT, Failure } from "../exits.ts";

const HELLO = {
  name: "Hello",
  description: "Greets, and says so a second later",
  input: {
    type: "object",
    required: ["name"],
    properties: { name: { type: "string", description: "Who is greeted" } },
  },
  steps: [
    { name: "greet", type: "transform", config: { value: "Hello ${payload.name}" } },
    { name: "breathe", type: "delay", config: { duration: 1 } },
  ],
  output: { said: "${greet.value}" },
};
const HELLO_TEST = {
  payload: { name: "Ada" },
  expected: { status: "success", virtual_seconds: 1, output: { said: "Hello Ada" } },
};
const FILES = { "hello.json": { id: "hello", ...HELLO }, "hello.test.json": HELLO_TEST };

/** Makes a folder to begin with. */
export const init: Command = {
  name: "init",
  arguments: "[DIR]",
  summary: "Make a folder of definitions, with one and its test to begin with",
  options: {},
  examples: ["wf init flows && wf dev flows"],
  least: 0,
  most: 1,
  async run({ given, terminal, url }) {
    const folder = given.at(0) || "workflows";
    const paths = Object.keys(FILES).map((name) => join(folder, name));
    const there = paths.find((path) => existsSync(path));
    if (there !== undefined) throw new Failure(`${there} is there already; nothing was written`);
    mkdirSync(folder, { recursive: true });
    for (const [name, { ...value }] of Object.entries(FILES)) {
      const schema = name.endsWith(".test.json") ? {} : { $schema: `${url}/api/v1/schema/workflow.json` };
      writeFileSync(join(folder, name), `${JSON.stringify({ ...schema, ...value }, null, 2)}\n`);
    }
    if (terminal.isJson) terminal.json({ written: paths });
    else {
      terminal.print(paths.map((path) => `wrote ${path}`).join("\n"));
      terminal.note(
        `Next: \`wf test ${folder}\`, \`wf dev ${folder}\`, and in another shell \`wf run hello -p '{"name": "Ada"}'\``,
      );
    }
    return EXIT.ok;
  },
};
