import { Events } from "./events.tsx";
import { Graph } from "./graph.tsx";
import type { ShownRun } from "./shown-run.ts";
import { StepViews } from "./step-views.tsx";
import { chosenView, OnlyFailed, TabBar } from "./tab-bar.tsx";

/** The run in one of four ways; all show all of it. */
export function Tabs(shown: ShownRun) {
  const view = chosenView();
  return (
    <div class="run-main">
      {view === "graph" ? (
        <>
          <TabBar view={view} />
          <Graph {...shown} />
        </>
      ) : view === "events" ? (
        <>
          <TabBar view={view}>
            <OnlyFailed />
          </TabBar>
          <Events {...shown} />
        </>
      ) : (
        <StepViews view={view} {...shown} />
      )}
    </div>
  );
}
