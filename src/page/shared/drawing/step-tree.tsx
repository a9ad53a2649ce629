import type { Box } from "./layout.ts";
import { markOf } from "./marks.ts";
import { hiddenIn } from "./opened.ts";
import type { States, StepState } from "./states.ts";
import { countsText, spoken } from "./texts.ts";

/** Items in the document before and behind the one where the keyboard is. */
const NEAR = 12;

interface StepTreeProps {
  id: string;
  boxes: readonly Box[];
  current: Box | undefined;
  selected: string | null;
  states: States;
  label: string;
  onKey: (event: KeyboardEvent) => void;
}

/** The steps of a drawing for those who can't see it. It takes the focus, and names the step that the keyboard is at. */
export function StepTree({ id, boxes, current, selected, states, label, onKey }: StepTreeProps) {
  const at = current === undefined ? 0 : boxes.indexOf(current);
  const first = Math.max(0, at - NEAR);
  const idOf = (index: number) => `${id}-${index}`;
  return (
    <div
      class="step-tree"
      role="tree"
      tabIndex={0}
      onKeyDown={onKey}
      aria-label={label}
      aria-activedescendant={boxes.length === 0 ? undefined : idOf(at)}
    >
      {boxes.slice(first, at + NEAR + 1).map((box, index) => (
        <div
          key={box.step.path}
          id={idOf(first + index)}
          role="treeitem"
          tabIndex={-1}
          aria-level={box.depth + 1}
          aria-posinset={box.position + 1}
          aria-setsize={box.siblings}
          aria-selected={box.step.path === selected}
          aria-expanded={box.step.lists.length === 0 ? undefined : box.frame !== null}
        >
          {sentenceOf(box, states.get(box.step.path))}
        </div>
      ))}
    </div>
  );
}

function sentenceOf({ step, within, frame }: Box, state: StepState | undefined): string {
  const hidden = step.lists.length > 0 && frame === null ? `${hiddenIn(step)} steps within` : "";
  const known = state === undefined ? [] : [markOf(state.status).word, countsText(state.counts ?? {}), state.says];
  const where = within === "" ? "" : `in ${within}`;
  return spoken([step.name || "without a name", step.type, where, step.note, hidden, ...step.marks, ...known]);
}
