import { useState } from "preact/hooks";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { pathTo } from "../../shared/drawing/path-to.ts";
import type { Editor } from "../../shared/editor/json-editor.tsx";
import { Unread } from "../../shared/states/states.tsx";
import { insertionOf } from "./insertion.ts";
import type { TextState } from "./text-state.ts";

interface PaletteProps {
  state: TextState;
  editor: Editor | null;
  /** The path of the step that a new one comes behind; null for the end. */
  selected: string | null;
  onClose: () => void;
}

/** Every step type with a sentence; one that is chosen is written into the text with its example. */
export function Palette({ state, editor, selected, onClose }: PaletteProps) {
  const [text, setText] = useState("");
  const reading = useReading("step types", (signal) => platform.workflows.stepTypes({ signal }));
  const { value } = reading.state.value;
  const steps = state.steps.value;
  const after = (selected === null ? undefined : pathTo(steps, selected).at(-1)) ?? steps.at(-1);
  const found = value?.filter(({ type, description }) =>
    `${type} ${description}`.toLowerCase().includes(text.toLowerCase()),
  );

  function insert(type: string, config: unknown): void {
    if (editor !== null) {
      const list = editor.rangeOf(["steps"]);
      const { at, insert } = insertionOf(
        { type, config },
        state.text.value,
        list,
        after === undefined ? null : editor.rangeOf(after.loc),
      );
      editor.replace(at, insert);
    }
    onClose();
    editor?.focus();
  }

  return (
    <Dialog title={after === undefined ? "Insert a step" : `Insert a step behind “${after.name}”`} onClose={onClose}>
      <input
        type="search"
        class="palette-find"
        placeholder="Find a step type"
        aria-label="Find a step type"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <Unread reading={reading} rows={6} label="Loading step types" />
      <ul class="palette">
        {found?.map(({ type, kind, description, config }) => (
          <li key={type}>
            <button type="button" onClick={() => insert(type, config.examples?.[0] ?? {})}>
              <strong>{type}</strong>
              <span class="soft palette-kind">{kind}</span>
              <span class="palette-says">{description}</span>
            </button>
          </li>
        ))}
      </ul>
      {found?.length === 0 && <p class="soft">No step type has “{text}” in its name or description.</p>}
    </Dialog>
  );
}
