import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { address, choose, go, hrefOf } from "../../address/address.ts";
import { useActions } from "../../keys/keys.ts";
import { TextFilter } from "../../shared/form/text-filter.tsx";

const VIEWS = [
  ["timeline", "Timeline"],
  ["graph", "Graph"],
  ["table", "Table"],
  ["events", "Events"],
] as const;

export type RunViewName = (typeof VIEWS)[number][0];

/** The one of the views that the address has. */
export function chosenView(): RunViewName {
  const chosen = address.value.query.get("view");
  return VIEWS.find(([one]) => one === chosen)?.[0] ?? "timeline";
}

/** The ways to show the run, and behind them what can be chosen of this one. */
export function TabBar({ view, children }: { view: RunViewName; children?: ComponentChildren }) {
  return (
    <div class="run-tabs">
      <nav class="tabs" aria-label="Ways to show the run">
        {VIEWS.map(([one, label]) => (
          <a
            key={one}
            href={hrefOf(choose({ view: one === "timeline" ? null : one }))}
            aria-current={one === view ? "page" : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <div class="run-choices">
        {view !== "graph" && <FindStep />}
        {children}
      </div>
    </div>
  );
}

/** Steps by a part of their addresses. */
function FindStep() {
  const field = useRef<HTMLInputElement>(null);
  useActions([{ key: "/", name: "Find a step", run: () => field.current?.focus() }]);
  return <TextFilter name="q" label="Find a step" placeholder="Find a step" field={field} />;
}

export function OnlyFailed() {
  return (
    <label>
      <input
        type="checkbox"
        checked={address.value.query.get("failed") === "1"}
        onChange={({ currentTarget }) => go(choose({ failed: currentTarget.checked ? 1 : null }))}
      />{" "}
      only failed
    </label>
  );
}
