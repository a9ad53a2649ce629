import { ApiError, type Client, type Fault } from "../../client/index.ts";
import type { Command } from "../command.ts";
import { EXIT, Failure, UsageError } from "../exits.ts";
import { type DefinitionFile, definitionPaths, faultLines, readDefinitionFile } from "../files/definition-files.ts";

/** Checks definitions. */
export const validate: Command = {
  name: "validate",
  arguments: "FILE|DIR…",
  summary: "Check definitions, and store nothing",
  options: {},
  examples: ["wf validate workflows/", "wf export hello | wf validate -"],
  least: 1,
  most: Number.POSITIVE_INFINITY,
  async run({ given, terminal, client, signal }) {
    const paths = definitionPaths(given.all);
    if (paths.length === 0) throw new UsageError("There is no definition: no file ends with .json");
    const checked: { path: string; valid: boolean; faults: string[]; warnings: string[] }[] = [];
    for (const [index, path] of paths.entries()) {
      terminal.progress("checked", index, paths.length);
      checked.push({ path, ...(await check(path, client, signal)) });
    }
    const isValid = checked.every(({ valid }) => valid);
    if (terminal.isJson) terminal.json(checked);
    for (const { path, valid, faults, warnings } of terminal.isJson ? [] : checked) {
      for (const line of faults) terminal.note(terminal.colored("red", line, "notes"));
      for (const line of warnings) terminal.note(terminal.colored("yellow", line, "notes"));
      if (valid) terminal.print(`${terminal.colored("green", "✔")} ${path}`);
    }
    return isValid ? EXIT.ok : EXIT.failed;
  },
};

async function check(path: string, client: Client, signal: AbortSignal) {
  try {
    const file = await readDefinitionFile(path);
    const { faults, warnings } = await findingsOf(file, client, signal);
    return {
      valid: faults.length === 0,
      faults: faultLines(file, faults),
      warnings: faultLines(file, warnings, "warning: "),
    };
  } catch (error) {
    // Such as broken JSON: the other files are checked all the same.
    if (!(error instanceof Failure) || error instanceof UsageError) throw error;
    return { valid: false, faults: [error.message], warnings: [] };
  }
}

/** What the platform finds in a definition: with faults it can't be stored. */
export interface Findings {
  faults: readonly Fault[];
  warnings: readonly Fault[];
}

export async function findingsOf(
  { definition }: Pick<DefinitionFile, "definition">,
  client: Client,
  signal: AbortSignal,
): Promise<Findings> {
  try {
    return { faults: [], warnings: (await client.workflows.validate(definition, { signal })).warnings };
  } catch (error) {
    if (!(error instanceof ApiError) || error.faults.length === 0) throw error;
    return { faults: error.faults, warnings: [] };
  }
}
