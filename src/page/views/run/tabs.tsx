import type { ComponentType } from "preact";
import { address, choose, go, hrefOf } from "../../address/address.ts";
import { Events } from "./events.tsx";
import { Graph } from "./graph.tsx";
import type { ShownRun } from "./shown-run.ts";
import { StepTable } from "./table.tsx";
import { Timeline } from "./timeline/timeline.tsx";

const VIEWS: [name: string, label: string, view: ComponentType<ShownRun>][] = [
  ["timeline", "Timeline", Timeline],
  ["graph", "Graph", Graph],
  ["table", "Table", StepTable],
  ["events", "Events", Events],
];

/** The run in one of four ways; all show all of it. */
export function Tabs(shown: ShownRun) {
  const { query } = address.value;
  const [name, , View] = VIEWS.find(([one]) => one === query.get("view")) ?? VIEWS[0] ?? [];
  if (View === undefined) return null;
  return (
    <div class="run-main">
      <div class="run-tabs">
        <nav class="tabs" aria-label="Ways to show the run">
          {VIEWS.map(([one, label]) => (
            <a
              key={one}
              href={hrefOf(choose({ view: one === "timeline" ? null : one }))}
              aria-current={one === name ? "page" : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        {name !== "graph" && (
          <label class="only-failed">
            <input
              type="checkbox"
              checked={query.get("failed") === "1"}
              onChange={({ currentTarget }) => go(choose({ failed: currentTarget.checked ? 1 : null }))}
            />{" "}
            only failed
          </label>
        )}
      </div>
      <View {...shown} />
    </div>
  );
}
