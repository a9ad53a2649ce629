import type { RefObject } from "preact";
import { address, choose, go } from "../../address/address.ts";
import { useActions } from "../../keys/keys.ts";
import { focusRow } from "../../shared/virtual-list/focus-row.ts";
import { reveal } from "../../shared/virtual-list/reveal.ts";
import { chosenAttempt } from "./attempts/choice.ts";
import { type KnownStep, withinOf } from "./step-rows.ts";
import { type Row, toggleOpen } from "./use-rows.ts";

/** Arrow keys go from step to step, open and close what holds others, and go through the attempts of one that was tried again. */
export function useRowKeys(
  scroller: RefObject<HTMLElement | null>,
  rows: readonly Row[],
  rowHeight: number,
): (event: KeyboardEvent) => void {
  const focus = (index: number) => {
    const element = scroller.current;
    const row = rows[index];
    if (element === null || row === undefined) return;
    const top = index * rowHeight;
    reveal(element, top, top + 3 * rowHeight);
    focusRow(element, `[data-step="${CSS.escape(row.step.address)}"]`);
  };
  const here = () => {
    const focused = document.activeElement?.closest("[data-step]")?.getAttribute("data-step");
    return rows.findIndex(({ step }) => step.address === (focused ?? address.value.query.get("step")));
  };
  const walk = (by: number) => focus(Math.max(0, Math.min(rows.length - 1, here() + by)));
  useActions([
    { key: "j", name: "Next step", run: () => walk(1) },
    { key: "k", name: "The step before", run: () => walk(-1) },
  ]);
  return (event) => {
    const row = rows[here()];
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -rows.length, End: rows.length }[
      event.key
    ];
    if (step !== undefined) walk(step);
    else if (event.key === "ArrowRight" && row !== undefined) goIn(row, 1);
    else if (event.key === "ArrowLeft" && row !== undefined) goIn(row, -1);
    else if (event.key === "Escape" && address.value.query.has("step"))
      go(choose({ step: null, tab: null, item: null }));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

/** Opens or closes a row; of one that holds nothing, or is open already, goes on to the next attempt, or back. */
function goIn(row: Row, by: 1 | -1): void {
  const { step, isOpen } = row;
  const { attempts = 1 } = step;
  if (withinOf(step) > 0 && isOpen !== by > 0) toggleOpen(step);
  else if (attempts > 1) goToAttempt(step, attempts, by);
}

function goToAttempt(step: KnownStep, attempts: number, by: 1 | -1): void {
  const { query } = address.value;
  const isHere = query.get("step") === step.address && query.get("tab") === "attempts";
  const choice = isHere ? (chosenAttempt() ?? 0) : 0;
  const chosen = choice === "last" ? attempts : choice;
  const attempt = Math.max(1, Math.min(attempts, chosen + by));
  // Going on is one choice, which Back undoes as a whole.
  go(choose({ step: step.address, tab: "attempts", attempt, item: null }), { replaces: chosen > 0 });
}
