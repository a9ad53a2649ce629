import { useRef } from "preact/hooks";
import { address, choose, go, hrefOf } from "../../address/address.ts";
import { announce } from "../../announce.ts";
import { useReading } from "../../data/reading.ts";
import { useActions } from "../../keys/keys.ts";
import { useWalk } from "../../keys/walk.ts";
import { useAsked } from "../../live/asked.ts";
import { Unread } from "../../shared/states/states.tsx";
import { type WaitingStep, withNews } from "./news.ts";
import { NobodyWaits } from "./nobody-waits.tsx";
import { findWaiting } from "./reading.ts";
import { WaitingList } from "./waiting-list.tsx";
import { WaitingPanel } from "./waiting-panel.tsx";

const PAGE = 100;

/** Steps that wait for a signal, oldest first, and what they can be answered. */
export function Waiting() {
  const { query } = address.value;
  const workflow = query.get("workflow");
  const wanted = Math.max(PAGE, Number(query.get("show") ?? PAGE) || PAGE);
  const key = `waiting ${wanted} ${workflow ?? ""}`;
  const reading = useReading(key, (signal) => findWaiting(workflow, wanted, signal));
  const { value } = reading.state.value;
  const steps = useShown(key, value?.steps ?? null);
  useAsked(key, reading);
  const chosen = steps?.find(({ key: one }) => one === `${query.get("run")} ${query.get("step")}`);
  useWalk(".waiting-link", "step that waits");
  useActions([{ key: "Escape", name: "Close what is open", run: () => go(choose({ run: null, step: null })) }]);
  const isFull = steps !== null && steps.length > 0;
  return (
    <div class="page-pad">
      <div class="view-head">
        <h1>Waiting</h1>
        {workflow !== null && (
          <a class="button" href={hrefOf(choose({ workflow: null, run: null, step: null }))}>
            <span class="sr-only">Show all, not only </span>workflow: {nameOf(steps, workflow)}{" "}
            <span aria-hidden>✕</span>
          </a>
        )}
      </div>
      <Unread reading={reading} label="Loading what waits" />
      {steps?.length === 0 && <NobodyWaits workflow={workflow} />}
      {isFull && (
        <div class={`waiting ${chosen === undefined ? "" : "has-open"}`}>
          <div class="waiting-steps">
            <WaitingList steps={steps} chosen={chosen?.key ?? null} />
            {value?.hasMore && (
              <p class="table-foot">
                <span class="soft">The oldest runs are shown.</span>
                <a class="button" href={hrefOf(choose({ show: wanted + PAGE }))}>
                  Show more
                </a>
              </p>
            )}
          </div>
          <WaitingPanel key={chosen?.key ?? ""} step={chosen ?? null} onSent={() => reading.again()} />
        </div>
      )}
    </div>
  );
}

/** The list as it is shown: begun anew with another key, else with its news. */
function useShown(key: string, found: WaitingStep[] | null): WaitingStep[] | null {
  const shown = useRef<{ key: string; found: WaitingStep[]; steps: WaitingStep[] } | null>(null);
  if (found === null) return shown.current?.key === key ? shown.current.steps : null;
  const before = shown.current;
  if (before?.key !== key) shown.current = { key, found, steps: found };
  else if (before.found !== found) {
    shown.current = { key, found, steps: withNews(before.steps, found) };
    if (found.some((one) => !before.found.some((known) => known.key === one.key)))
      announce("Another step waits for an answer");
  }
  return shown.current?.steps ?? null;
}

function nameOf(steps: WaitingStep[] | null, workflow: string): string {
  return steps?.[0]?.run.workflow.name ?? workflow;
}
