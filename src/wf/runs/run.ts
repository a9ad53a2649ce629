import type { Client, TriggerOptions } from "../../client/index.ts";
import { ApiError } from "../../client/index.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT, Failure } from "../exits.ts";
import { type DefinitionFile, faultLines, isFile, readDefinitionFile } from "../files/definition-files.ts";
import { storedOf } from "../files/stored.ts";
import type { Terminal } from "../terminal.ts";
import { readPayload } from "./payload.ts";
import { tell, watch } from "./watching.ts";

/** Starts a run. */
export const run: Command = {
  name: "run",
  arguments: "FILE|ID",
  summary: "Run a workflow, show its steps as they end, and give its output",
  options: {
    payload: { value: "JSON", short: "p", about: "what it is given: JSON, @FILE, or - for what is piped in" },
    delay: { value: "TIME", about: "begin so much later: seconds, or as PT10M" },
    priority: { value: "1-5", about: "5 goes first; 3" },
    tag: { value: "TAG", isRepeatable: true, about: "a tag of the run; may be repeated" },
    key: { value: "KEY", about: "Idempotency-Key: with the same key the same run" },
    detach: { short: "d", about: "do not wait: print the id of the run" },
  },
  examples: [
    `wf run hello -p '{"name": "Ada"}'`,
    "wf run hello.json -p @payload.json   # stores the definition first",
    "generate | wf run -",
  ],
  least: 1,
  most: 1,
  async run({ given, terminal, client, signal }) {
    const target = given.at(0);
    const options = await triggerOptions(given);
    const workflow = isFile(target) ? await stored(await readDefinitionFile(target), client, terminal) : target;
    const handle = await client.trigger(workflow, { ...options, signal });
    if (given.has("detach")) {
      if (terminal.isJson) terminal.json({ run_id: handle.id });
      else terminal.print(handle.id);
      return EXIT.ok;
    }
    if (!terminal.isJson) terminal.note(terminal.colored("dim", `run ${handle.id}`, "notes"));
    return tell(await watch(handle, terminal, signal), terminal);
  },
};

async function triggerOptions(given: Arguments): Promise<TriggerOptions> {
  const payload = await readPayload(given.text("payload"));
  const delay = given.text("delay");
  const priority = given.number("priority", 1);
  const key = given.text("key");
  const tags = given.texts("tag");
  return {
    ...(payload === undefined ? {} : { payload }),
    ...(delay === undefined ? {} : { delay: /^\d+(\.\d+)?$/.test(delay) ? Number(delay) : delay }),
    ...(priority === undefined ? {} : { priority }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}

/** Stores the definition of a file. @returns the id of its workflow */
async function stored(file: DefinitionFile, client: Client, terminal: Terminal): Promise<string> {
  const { id, definition } = file;
  try {
    if (id === "") return (await client.workflows.create(definition)).workflow_id;
    const before = await storedOf(client, id);
    // Its file says nothing of who keeps it: to run it is no change of hands.
    const owned = before?.managed_by == null ? definition : { managed_by: before.managed_by, ...definition };
    const { workflow_id, version, unchanged } = await client.workflows.replace(id, owned, { create: true });
    if (unchanged !== true && !terminal.isJson) terminal.note(`stored ${id} as version ${version}`);
    return workflow_id;
  } catch (error) {
    if (!(error instanceof ApiError) || error.faults.length === 0) throw error;
    throw new Failure("The definition has faults:", EXIT.failed, faultLines(file, error.faults));
  }
}
