import { ApiError, type Client } from "../../client/index.ts";
import type { Command } from "../command.ts";
import { EXIT, Failure, UsageError } from "../exits.ts";
import { isFolder } from "../files/definition-files.ts";
import type { Color, Terminal } from "../terminal.ts";
import { ownerOf } from "./owner.ts";
import { type Plan, type Planned, planOf } from "./plan.ts";

/** Makes the platform have the definitions of a folder. */
export const apply: Command = {
  name: "apply",
  arguments: "DIR",
  summary: "Make the platform have the definitions of a folder, showing first what that changes",
  options: {
    "dry-run": { about: "only show what would be done" },
    prune: { about: "delete what was applied from this folder, and is in it no more" },
    "managed-by": { value: "NAME", about: "whose they are; the repository and its folder" },
  },
  examples: ["wf apply workflows/ --dry-run", "wf apply workflows/ --prune"],
  least: 1,
  most: 1,
  async run({ given, terminal, client, signal }) {
    const folder = given.at(0);
    if (!isFolder(folder))
      throw new UsageError(`${folder} is no folder; \`wf run ${folder}\` stores a single definition`);
    const owner = given.text("managed-by") ?? ownerOf(folder);
    const plan = await planOf(folder, { owner, prunes: given.has("prune") }, client, signal);
    const isDry = given.has("dry-run");
    if (!terminal.isJson) showPlan(plan, terminal);
    if (!isDry) await applyPlan(plan, client, terminal);
    if (!terminal.isJson && plan.items.some(({ action }) => action !== "same")) {
      terminal.print(isDry ? "Nothing was done: a dry run" : "Applied");
    }
    const done = plan.items.map(({ id, action, stored }) => ({ id, action, from_version: stored?.version ?? null }));
    if (terminal.isJson) terminal.json({ managed_by: owner, dry_run: isDry, plan: done, warnings: plan.warnings });
    return EXIT.ok;
  },
};

const SIGNS: Record<Planned["action"], [sign: string, color: Color]> = {
  create: ["+", "green"],
  change: ["~", "yellow"],
  delete: ["-", "red"],
  same: ["=", "dim"],
};

/** Shows what is not as it is to be, and how much is. */
export function showPlan({ items, warnings }: Plan, terminal: Terminal): void {
  for (const { id, action, stored, file } of items) {
    if (action === "same") continue;
    const [sign, color] = SIGNS[action];
    const version = stored === null ? "" : `  version ${stored.version}`;
    terminal.print(
      `${terminal.colored(color, `${sign} ${action}`)} ${id}${version}${file === null ? "" : `  ${file.path}`}`,
    );
  }
  for (const line of warnings) terminal.note(terminal.colored("yellow", line, "notes"));
  const count = (wanted: string) => items.filter(({ action }) => action === wanted).length;
  terminal.print(
    `${count("create")} to create, ${count("change")} to change, ${count("delete")} to delete, ${count("same")} as they are to be`,
  );
}

/** @throws Failure where somebody else was faster */
export async function applyPlan({ items }: Plan, client: Client, terminal: Terminal): Promise<void> {
  const todo = items.filter(({ action }) => action !== "same");
  for (const [index, item] of todo.entries()) {
    terminal.progress("applied", index, todo.length);
    await carryOut(item, client).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== "version_conflict") throw error;
      throw new Failure(
        `${item.id} was changed by others meanwhile; ${index} of ${todo.length} were applied, apply again for the rest`,
      );
    });
  }
  terminal.clearStatus();
}

async function carryOut({ id, file, stored }: Planned, client: Client): Promise<void> {
  if (file === null) {
    if (stored !== null) await client.workflows.delete(stored.uuid);
    return;
  }
  await client.workflows.replace(
    stored?.uuid ?? id,
    file.definition,
    stored === null ? { create: true } : { ifVersion: stored.version },
  );
}
