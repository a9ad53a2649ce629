import type { Client, Definition } from "../../client/index.ts";
import { isObject } from "../../schemas/json/json.ts";
import type { Command } from "../command.ts";
import { EXIT, UsageError } from "../exits.ts";
import { definitionPaths, isFile, readDefinitionFile } from "../files/definition-files.ts";
import { payloadType } from "./typescript.ts";

/** Writes types of payloads. */
export const types: Command = {
  name: "types",
  arguments: "FILE|DIR|ID…",
  summary: "Write TypeScript types of payloads from the `input` of definitions",
  options: {},
  examples: ["wf types workflows/ > payloads.ts", "wf types hello"],
  least: 1,
  most: Number.POSITIVE_INFINITY,
  async run({ given, terminal, client }) {
    const definitions = (await Promise.all(given.all.map((target) => definitionsOf(target, client)))).flat();
    if (definitions.length === 0) throw new UsageError("There is no definition: no file ends with .json");
    const written = definitions.map(({ id, definition }) => {
      const input = definition.input ?? null;
      return { id, ...payloadType(id, isObject(input) ? input : null) };
    });
    const twice = written.find(({ name }, index) => written.findIndex((one) => one.name === name) !== index);
    if (twice !== undefined)
      throw new UsageError(`Two workflows would have the type ${twice.name}; write them to two files`);
    if (terminal.isJson) terminal.json(written);
    else terminal.print([HEAD, ...written.map(({ text }) => text), mapOf(written)].join("\n\n"));
    return EXIT.ok;
  },
};

const HEAD = "/** Payloads of workflows, written by `wf types`. */";

async function definitionsOf(target: string, client: Client): Promise<{ id: string; definition: Definition }[]> {
  if (!isFile(target) && !(await Bun.file(target).exists())) {
    const folder = folderPaths(target);
    if (folder === null) return [{ id: target, definition: await client.workflows.get(target) }];
    return Promise.all(folder.map(readDefinitionFile));
  }
  return Promise.all(definitionPaths([target]).map(readDefinitionFile));
}

/** Null where it is no folder, and so an id. */
function folderPaths(target: string): string[] | null {
  try {
    return definitionPaths([target]);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

function mapOf(written: readonly { id: string; name: string }[]): string {
  const lines = written.map(({ id, name }) => `  ${JSON.stringify(id)}: ${name};`);
  return `/** The payload of each workflow, by its id. */\nexport interface Payloads {\n${lines.join("\n")}\n}`;
}
