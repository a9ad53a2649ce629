import type { Counts } from "../status/counts.ts";
import type { Box } from "./layout.ts";
import { markOf } from "./marks.ts";
import { hiddenIn } from "./opened.ts";
import type { StepState } from "./states.ts";
import { countsText, shortened } from "./texts.ts";

/** Letters that fit beside the marks. */
const NAME = 23;
const NOTE = 28;
/** What the mark of its state takes of them, */
const MARK = 3;
/** and the mark that opens and closes a step takes of them. */
const FOLD = 4;

/** What every box of a drawing knows. */
export interface BoxProps {
  box: Box;
  state: StepState | undefined;
  /** "selected", "active" or nothing: the first is chosen, the second where the keyboard is. */
  emphasis: string;
}

/** A step with all that is said of it. It has at most ten elements, see visible.ts. */
export function StepBox({ box, state, emphasis }: BoxProps) {
  const { step, x, y, width, height, frame } = box;
  const mark = state === undefined ? null : markOf(state.status);
  const note = noteOf(box, state);
  return (
    <svg class={`box ${emphasis} ${mark?.look ?? ""}`} x={x} y={y} width={width} height={height}>
      <title>{[step.name, note, state?.says ?? ""].filter((part) => part !== "").join("\n")}</title>
      <rect x="0.75" y="0.75" width={width - 1.5} height={height - 1.5} rx="8" />
      <text class="name" x="14" y="22">
        {shortened(step.name, mark === null ? NAME : NAME - MARK)}
      </text>
      <text class="note" x="14" y="39">
        {shortened(note, step.lists.length > 0 ? NOTE - FOLD : NOTE)}
      </text>
      {mark !== null && <path class="mark" d={mark.path} transform={`translate(${width - 28} 9)`} />}
      {step.lists.length > 0 && (
        <path
          class="fold"
          d={frame === null ? "M-4 -2L0 2L4 -2" : "M-4 2L0 -2L4 2"}
          transform={`translate(${width - 20} 38)`}
        />
      )}
      {state?.counts && <Bar counts={state.counts} width={width} y={height - 5} />}
    </svg>
  );
}

/** A step by its name alone, where many are looked at. */
export function NameBox({ box: { step, x, y, width, height }, state, emphasis }: BoxProps) {
  const look = state === undefined ? "" : markOf(state.status).look;
  return (
    <>
      <rect class={`box ${emphasis} ${look}`} x={x} y={y} width={width} height={height} rx="8" />
      <text class="name" x={x + 14} y={y + 31}>
        {shortened(step.name, NAME)}
      </text>
    </>
  );
}

/** How far a map is, with what failed in front: however few, it can be seen. */
function Bar({ counts, width, y }: { counts: Counts; width: number; y: number }) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { failed = 0, success = 0 } = counts;
  if (all === 0) return null;
  const room = width - 28;
  const bad = failed === 0 ? 0 : Math.max(4, (room * failed) / all);
  const good = Math.min(room - bad, (room * success) / all);
  return (
    <>
      <path class="bar" d={`M14 ${y}h${room}`} />
      <path class="bar success" d={`M${14 + bad} ${y}h${good}`} />
      {bad > 0 && <path class="bar failed" d={`M14 ${y}h${bad}`} />}
    </>
  );
}

function noteOf({ step, frame }: Box, state: StepState | undefined): string {
  if (state?.counts && Object.keys(state.counts).length > 0) return countsText(state.counts);
  // What is wrong with a step is more than what it does.
  if (state?.status === "fault") return state.says.replace(/^Input should (be )?/, "");
  const hidden = step.lists.length > 0 && frame === null ? `${hiddenIn(step)} steps` : "";
  return [step.type, hidden, step.note, ...step.marks].filter((part) => part !== "").join(" · ");
}
