import { signal } from "@preact/signals";
import { pathOf, pathWith } from "../address/address.ts";
import { platform } from "../data/platform.ts";
import { type Problem, problemOf } from "../data/problem.ts";
import { actions } from "../keys/keys.ts";
import { VIEWS, viewAt } from "../views.ts";

export type SearchEntry = { name: string; kind: string } & ({ path: string } | { run(): void });

const MOST = 12;
const MOST_WORKFLOWS = 500;
const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i;

interface Named {
  id: string;
  name: string;
}
const workflows = signal<readonly Named[] | null>(null);
/** Why the names of workflows could not be read; null while they are, or are being read. */
export const noWorkflows = signal<Problem | null>(null);

/** What a text may mean. With `>` in front only what can be done here. */
export function entriesFor(text: string): SearchEntry[] {
  const wanted = text.replace(/^>/, "").trim();
  const done = actions.value.map(({ key, name, run }) => ({ key, name, kind: "do", run }));
  if (text.startsWith(">")) return done.filter(({ name }) => fits(name, wanted)).slice(0, MOST);
  const places = VIEWS.flatMap(({ path, navigation }) =>
    navigation === undefined ? [] : [{ name: navigation.label, kind: "view", path }],
  );
  return [
    ...addressed(wanted),
    ...done.filter(({ key }) => wanted === "?" && key === wanted),
    ...[...places, ...workflowsNamed(wanted), ...done].filter(({ name }) => fits(name, wanted)),
  ].slice(0, MOST);
}

/** A link into the page, or the id of a run, as it was copied from anywhere. */
function addressed(text: string): SearchEntry[] {
  const place = text.startsWith("/") ? location.origin : undefined;
  const path = URL.canParse(text, place) ? pathOf(new URL(text, place)) : null;
  if (path !== null) return [{ name: path, kind: "link", path }];
  const [id] = UUID.exec(text) ?? [];
  return id === undefined ? [] : [{ name: `Run ${id}`, kind: "run", path: `/runs/${id}` }];
}

function workflowsNamed(text: string): SearchEntry[] {
  if (text === "") return [];
  if (workflows.value === null) readWorkflows();
  const hasView = viewAt("/workflows/x") !== null;
  return (workflows.value ?? []).map(({ id, name }) => ({
    name: name === id ? name : `${name} (${id})`,
    kind: "workflow",
    path: hasView ? `/workflows/${encodeURIComponent(id)}` : pathWith("/runs", { workflow: id }),
  }));
}

/** Reads the names of workflows, or tries it again. */
export async function readWorkflows(): Promise<void> {
  workflows.value = [];
  noWorkflows.value = null;
  const found: Named[] = [];
  try {
    for await (const { id, uuid, name } of platform.workflows.list()) {
      found.push({ id: typeof id === "string" ? id : uuid, name });
      if (found.length === MOST_WORKFLOWS) break;
    }
    workflows.value = found;
  } catch (error) {
    noWorkflows.value = problemOf(error);
  }
}

function fits(name: string, text: string): boolean {
  return name.toLowerCase().includes(text.toLowerCase());
}
