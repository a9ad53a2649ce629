import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredDefinition } from "../../client/index.ts";
import type { Call, Command } from "../command.ts";
import { EXIT, Failure, UsageError } from "../exits.ts";
import { authored } from "../files/stored.ts";

/** Writes definitions of the platform as files. */
export const exportDefinitions: Command = {
  name: "export",
  arguments: "[ID…]",
  summary: "Write a definition of the platform, or with --to all of them as files",
  options: {
    to: { value: "DIR", about: "write ID.json files there" },
    force: { about: "write over files that are there" },
  },
  examples: ["wf export hello > hello.json", "wf export --to workflows/"],
  least: 0,
  most: Number.POSITIVE_INFINITY,
  async run(call) {
    const { given, terminal, client } = call;
    const folder = given.text("to");
    if (folder === undefined) {
      if (given.all.length !== 1) throw new UsageError("Give one id, or --to DIR for files");
      terminal.json(authored(await client.workflows.get(given.at(0))));
      return EXIT.ok;
    }
    const definitions = await wanted(call);
    mkdirSync(folder, { recursive: true });
    const files = definitions.map((one) => ({ path: join(folder, fileName(one)), definition: authored(one) }));
    const there = files.find(({ path }) => existsSync(path));
    if (there !== undefined && !given.has("force")) {
      throw new Failure(`${there.path} is there already; --force writes over what is there`);
    }
    for (const { path, definition } of files) writeFileSync(path, `${JSON.stringify(definition, null, 2)}\n`);
    if (terminal.isJson) terminal.json({ written: files.map(({ path }) => path) });
    else for (const { path } of files) terminal.print(`wrote ${path}`);
    return EXIT.ok;
  },
};

async function wanted({ given, terminal, client, signal }: Call): Promise<StoredDefinition[]> {
  if (given.all.length > 0) return Promise.all(given.all.map((id) => client.workflows.get(id, { signal })));
  const newest = new Map<string, StoredDefinition>();
  for await (const one of client.workflows.list({ signal })) {
    const id = typeof one.id === "string" ? one.id : one.uuid;
    if (!newest.has(id)) newest.set(id, one);
    terminal.status(`read ${newest.size}`);
  }
  terminal.clearStatus();
  return [...newest.values()];
}

/** Ids have no slashes; what else a file system may not like is left out. */
function fileName({ id, uuid }: StoredDefinition): string {
  return typeof id === "string" && /^[\w-][\w.-]*$/.test(id) ? `${id}.json` : `${uuid}.json`;
}
