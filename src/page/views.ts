/** Every view, by its path. Adding one is described in CONTRIBUTING.md. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { match } from "./address/match.ts";
import type { View, ViewProps } from "./view.ts";
import { Home } from "./views/home/home.tsx";
import { Runs } from "./views/runs/runs.tsx";
import { Workflows } from "./views/workflows/workflows.tsx";

export const VIEWS: View[] = [
  { path: "/", title: "Home", navigation: { label: "Home", key: "h" }, view: Home },
  { path: "/runs", title: "Runs", navigation: { label: "Runs", key: "r" }, view: Runs },
  {
    path: "/runs/:id",
    title: "Run",
    view: { load: () => import("./views/run/run.tsx").then(({ RunView }) => RunView) },
  },
  {
    path: "/runs/:id/compare",
    title: "Compare",
    view: { load: () => import("./views/compare/compare.tsx").then(({ CompareWithUsual }) => CompareWithUsual) },
  },
  {
    path: "/runs/:id/compare/:other",
    title: "Compare",
    view: { load: () => import("./views/compare/compare.tsx").then(({ Compare }) => Compare) },
  },
  { path: "/workflows", title: "Workflows", navigation: { label: "Workflows", key: "w" }, view: Workflows },
  {
    path: "/workflows/new",
    title: "New workflow",
    view: { load: () => import("./views/editor/editor.tsx").then(({ NewWorkflow }) => NewWorkflow) },
  },
  {
    path: "/workflows/:ref",
    title: "Workflow",
    view: { load: () => import("./views/workflow/workflow.tsx").then(({ WorkflowView }) => WorkflowView) },
  },
  {
    path: "/workflows/:ref/edit",
    title: "Edit",
    view: { load: () => import("./views/editor/editor.tsx").then(({ EditWorkflow }) => EditWorkflow) },
  },
  {
    path: "/workflows/:ref/diff",
    title: "Compare versions",
    view: { load: () => import("./views/diff/diff.tsx").then(({ DiffView }) => DiffView) },
  },
  {
    path: "/waiting",
    title: "Waiting",
    navigation: { label: "Waiting", key: "i" },
    view: { load: () => import("./views/waiting/waiting.tsx").then(({ Waiting }) => Waiting) },
  },
  {
    path: "/schedules",
    title: "Schedules",
    navigation: { label: "Schedules", key: "s" },
    view: { load: () => import("./views/schedules/schedules.tsx").then(({ Schedules }) => Schedules) },
  },
  {
    path: "/examples",
    title: "Examples",
    navigation: { label: "Examples", key: "x" },
    view: { load: () => import("./views/examples/examples-view.tsx").then(({ ExamplesView }) => ExamplesView) },
  },
  {
    path: "/system",
    title: "System",
    navigation: { label: "System", key: "y" },
    view: { load: () => import("./views/system/system-view.tsx").then(({ SystemView }) => SystemView) },
  },
];

/** What views that are loaded came to: null of one whose file could not be had, which is asked for again. */
const loaded = signal<ReadonlyMap<View, ComponentType<ViewProps> | null>>(new Map());
const loading = new Set<View>();
const AGAIN_MILLISECONDS = 3000;

/** The view of a path, and what its path names; null where there is none. */
export function viewAt(path: string): { view: View; params: Record<string, string> } | null {
  for (const view of VIEWS) {
    const params = match(view.path, path);
    if (params !== null) return { view, params };
  }
  return null;
}

/** The component of a view; undefined until it is loaded, null while its file can't be had. */
export function componentOf(view: View): ComponentType<ViewProps> | null | undefined {
  if (typeof view.view === "function") return view.view;
  const found = loaded.value.get(view);
  if (!found && !loading.has(view)) load(view, view.view.load);
  return found;
}

async function load(view: View, ask: () => Promise<ComponentType<ViewProps>>): Promise<void> {
  loading.add(view);
  const component = await ask().catch(() => null);
  loaded.value = new Map([...loaded.peek(), [view, component]]);
  if (component === null) await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
  loading.delete(view);
  // Whoever shows it asks again.
  if (component === null) loaded.value = new Map(loaded.peek());
}
