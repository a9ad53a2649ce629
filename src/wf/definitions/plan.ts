/** What an apply will do. */
import type { Client, StoredDefinition } from "../../client/index.ts";
import { EXIT, Failure, UsageError } from "../exits.ts";
import { type DefinitionFile, definitionPaths, faultLines, readDefinitionFile } from "../files/definition-files.ts";
import { authored, isSame } from "../files/stored.ts";
import { type Findings, findingsOf } from "./validate.ts";

export interface Planned {
  id: string;
  action: "create" | "change" | "same" | "delete";
  /** What is to be there; null where it is deleted. */
  file: DefinitionFile | null;
  /** What is there; null where nothing is. */
  stored: StoredDefinition | null;
}

export interface Plan {
  items: Planned[];
  /** Of definitions that can be stored, and may not be what was meant. */
  warnings: string[];
}

/** Reads the folder, has every definition checked, and compares it with the platform. @throws Failure where anything is wrong: then nothing is done */
export async function planOf(
  folder: string,
  { owner, prunes }: { owner: string; prunes: boolean },
  client: Client,
  signal: AbortSignal,
): Promise<Plan> {
  const { files, broken } = await readAll(folder, owner);
  if (files.length + broken.length === 0 && !prunes) {
    throw new UsageError(`There is no definition in ${folder}: no file ends with .json`);
  }
  const found: ({ file: DefinitionFile } & Findings)[] = [];
  for (const file of files) found.push({ file, ...(await findingsOf(file, client, signal)) });
  const faults = [...broken, ...found.flatMap(({ file, faults: of }) => faultLines(file, of))];
  if (faults.length > 0) throw new Failure("Nothing was applied, since there are faults:", EXIT.failed, faults);
  const stored = await newestById(client, signal);
  const foreign = files.flatMap(({ id }) => {
    const by = stored.get(id)?.managed_by;
    return typeof by === "string" && by !== owner ? [`  ${id} is managed by ${by}`] : [];
  });
  if (foreign.length > 0) {
    throw new Failure(
      `Nothing was applied, since others manage some of it, and not ${owner}; take it over with their name as --managed-by, or give the workflows another id:`,
      EXIT.failed,
      foreign,
    );
  }
  const kept = new Set(files.map(({ id }) => id));
  const gone = prunes ? [...stored].filter(([id, { managed_by }]) => managed_by === owner && !kept.has(id)) : [];
  return {
    warnings: found.flatMap(({ file, warnings }) => faultLines(file, warnings, "warning: ")),
    items: [
      ...files.map((file) => planned(file, stored.get(file.id) ?? null)),
      ...gone.map(([id, one]): Planned => ({ id, action: "delete", file: null, stored: one })),
    ],
  };
}

function planned(file: DefinitionFile, stored: StoredDefinition | null): Planned {
  const { id, definition } = file;
  if (stored === null) return { id, action: "create", file, stored };
  const there = { ...authored(stored), managed_by: stored.managed_by ?? null };
  return { id, action: isSame(there, definition) ? "same" : "change", file, stored };
}

/** The definitions of a folder, and what is wrong with the files that have none. */
async function readAll(folder: string, owner: string): Promise<{ files: DefinitionFile[]; broken: string[] }> {
  const files: DefinitionFile[] = [];
  const broken: string[] = [];
  for (const path of definitionPaths([folder])) {
    try {
      const file = await readDefinitionFile(path);
      const twin = files.find(({ id }) => id === file.id);
      if (twin !== undefined) broken.push(`${path}: ${twin.path} has the id ${file.id} too`);
      files.push({ ...file, definition: { ...file.definition, id: file.id, managed_by: owner } });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      broken.push(error.message);
    }
  }
  return { files, broken };
}

/** Of several workflows with one id the newest counts, which is listed first. */
async function newestById(client: Client, signal: AbortSignal): Promise<Map<string, StoredDefinition>> {
  const stored = new Map<string, StoredDefinition>();
  for await (const one of client.workflows.list({ signal })) {
    if (typeof one.id === "string" && !stored.has(one.id)) stored.set(one.id, one);
  }
  return stored;
}
