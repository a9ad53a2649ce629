import type { ComponentType } from "preact";
import { address, choose, go, hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { useActions } from "../../keys/keys.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { NoWorkflow } from "../../shared/states/no-workflow.tsx";
import { LoadingRows } from "../../shared/states/states.tsx";
import { useTitle } from "../../title.ts";
import type { ViewProps } from "../../view.ts";
import { DefinitionTab } from "./definition-tab.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { Overview } from "./overview.tsx";
import { RunDrawer } from "./run-drawer.tsx";
import { RunsTab } from "./runs-tab.tsx";
import type { TabProps } from "./tab.ts";
import { Triggers } from "./triggers.tsx";
import { Versions } from "./versions.tsx";

const TABS: [name: string, label: string, tab: ComponentType<TabProps>][] = [
  ["overview", "Overview", Overview],
  ["definition", "Definition", DefinitionTab],
  ["versions", "Versions", Versions],
  ["runs", "Runs", RunsTab],
  ["triggers", "Triggers", Triggers],
];

/** One workflow, at its newest version or the one that is chosen. */
export function WorkflowView({ params: { ref = "" } }: ViewProps) {
  const { query } = address.value;
  const version = Number(query.get("version")) || null;
  const reading = useReading(`workflow ${ref} ${version}`, (signal) =>
    platform.workflows.get(ref, version === null ? { signal } : { signal, version }),
  );
  const { value, problem } = reading.state.value;
  useTitle(value?.name ?? null);
  if (value === null) {
    return (
      <div class="page-pad">
        {problem === null ? (
          <LoadingRows label="Loading the workflow" />
        ) : (
          <NoWorkflow id={ref} problem={problem} again={() => reading.again()} />
        )}
      </div>
    );
  }
  return <Shown workflow={value} isOld={version !== null} isRunning={query.get("run") === "1"} />;
}

function Shown({ workflow, isOld, isRunning }: TabProps & { isOld: boolean; isRunning: boolean }) {
  const { query } = address.value;
  const { uuid, id, name, version } = workflow;
  const chosen = TABS.find(([tab]) => tab === query.get("tab")) ?? TABS[0];
  const edit = `/workflows/${uuid}/edit${isOld ? `?version=${version}` : ""}`;
  useActions([
    { key: "r", name: "Run this workflow", run: () => go(choose({ run: 1 })) },
    { key: "e", name: "Edit this workflow", run: () => go(edit) },
    {
      key: "Escape",
      name: "Back: close the step, or to the list",
      run: () => go(query.has("step") ? choose({ step: null }) : "/workflows"),
    },
  ]);
  const Tab = chosen?.[2] ?? Overview;
  return (
    <div class="page-pad">
      <div class="view-head">
        <div class="workflow-title">
          <h1>
            <span class="two-lines" title={name}>
              {name}
            </span>{" "}
            <span class="workflow-version">v{version}</span>
          </h1>
          <p class="soft">
            <code>{typeof id === "string" ? id : uuid}</code>
            <CopyButton text={typeof id === "string" ? id : uuid} what="its id" />
          </p>
        </div>
        {query.get("delete") === "1" && <DeleteDialog workflow={workflow} />}
        <a class="button" href={hrefOf(edit)} aria-keyshortcuts="e">
          Edit
        </a>
        <a class="button primary" href={hrefOf(choose({ run: 1 }))} aria-keyshortcuts="r">
          Run…
        </a>
        <a class="button quiet-danger" href={hrefOf(choose({ delete: 1 }))}>
          Delete…
        </a>
      </div>
      {isOld && (
        <p class="note">
          This is version {version}. Triggers take the newest.{" "}
          <a href={hrefOf(choose({ version: null }))}>Show the newest</a>
        </p>
      )}
      <nav class="tabs" aria-label="Of this workflow">
        {TABS.map(([tab, label]) => (
          <a
            key={tab}
            href={hrefOf(choose({ tab: tab === "overview" ? null : tab, run: null, step: null }))}
            aria-current={tab === chosen?.[0] ? "page" : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <Tab workflow={workflow} />
      {isRunning && <RunDrawer workflow={workflow} onClose={() => go(choose({ run: null }))} />}
    </div>
  );
}
