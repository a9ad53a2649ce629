import type { Command } from "../command.ts";
import { EXIT } from "../exits.ts";
import { definitionPaths, readDefinitionFile } from "../files/definition-files.ts";
import { difference } from "../files/difference.ts";
import { authored, ordered, storedOf } from "../files/stored.ts";
import type { Terminal } from "../terminal.ts";

/** Compares files with what the platform has. */
export const diff: Command = {
  name: "diff",
  arguments: "FILE|DIR…",
  summary: "Compare definitions with those of the platform; exit code 4 where they differ",
  options: {},
  examples: ["wf diff workflows/", "wf diff hello.json || echo changed"],
  least: 1,
  most: Number.POSITIVE_INFINITY,
  async run({ given, terminal, client }) {
    const differing: { id: string; path: string; lines: string[] }[] = [];
    for (const path of definitionPaths(given.all)) {
      const { id, definition } = await readDefinitionFile(path);
      const stored = await storedOf(client, id);
      const { managed_by: _, ...wanted } = definition;
      const before = stored === null ? "" : textOf(ordered({ ...authored(stored) }, { ...wanted }));
      const lines = difference(before, textOf(withId(wanted, id, stored?.id)));
      if (lines.length > 0) differing.push({ id, path, lines });
    }
    if (terminal.isJson) terminal.json(differing);
    else for (const { id, path, lines } of differing) show(`${id} on the platform`, path, lines, terminal);
    return differing.length === 0 ? EXIT.ok : EXIT.differs;
  },
};

/** A file need not say the id that its name gives. */
function withId(definition: object, id: string, stored: unknown): object {
  return "id" in definition || stored !== id ? definition : { ...definition, id };
}

function textOf(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** Shows changes as diff(1) does. */
export function show(before: string, after: string, lines: readonly string[], terminal: Terminal): void {
  terminal.print(`--- ${before}\n+++ ${after}`);
  for (const line of lines) {
    const color = line.startsWith("+") ? "green" : line.startsWith("-") ? "red" : null;
    terminal.print(color === null ? line : terminal.colored(color, line));
  }
}
