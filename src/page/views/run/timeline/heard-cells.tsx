import { countsText, spoken } from "../../../shared/drawing/texts.ts";
import { countsOf } from "../../../shared/status/counts.ts";
import { statusWord } from "../../../shared/status/statuses.ts";
import { durationText, timeText } from "../../../shared/time/format.ts";
import { now } from "../../../shared/time/now.ts";
import type { Told } from "../attempts/told.ts";
import type { KnownStep } from "../step-rows.ts";
import type { Bar } from "./bars.ts";

/** Those of the table of steps; the first is seen. */
const COLUMNS = ["Step", "Type", "Status", "Began", "Took", "Attempts", "Error"];

/** The line above the cells. */
export function HeardHead() {
  return (
    <div role="row" aria-rowindex={1} class="sr-only">
      {COLUMNS.map((name) => (
        <span key={name} role="columnheader">
          {name}
        </span>
      ))}
    </div>
  );
}

interface HeardCellsProps {
  step: KnownStep;
  told: Told;
  bars: readonly Bar[];
  /** ISO 8601: when it goes on by itself, of what waits. */
  until: string | undefined;
}

/** What the bars say to those who see them, as the cells of a table: who reads by ear has that in place of the drawing. */
export function HeardCells({ step, told, bars, until }: HeardCellsProps) {
  const { status, started_at: began, attempts, error } = told;
  const last = bars.at(-1);
  const left = until === undefined ? "" : `until ${timeText(until, now.peek(), { milliseconds: true })}`;
  const cells = [
    step.type ?? "step",
    spoken([status === null ? "–" : statusWord(status), countsText(countsOf(step) ?? {}), left]),
    began === null ? "–" : timeText(began, now.peek(), { milliseconds: true }),
    began === null || last === undefined ? "–" : durationText(last.to - Date.parse(began)),
    attempts ?? "–",
    error ?? "–",
  ];
  return (
    <>
      {cells.map((text, index) => (
        <span key={COLUMNS[index + 1]} role="cell" class="sr-only">
          {text}
        </span>
      ))}
    </>
  );
}
