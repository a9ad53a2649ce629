import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Drawing } from "../../shared/drawing/drawing.tsx";
import type { States } from "../../shared/drawing/states.ts";
import { stepAt } from "../../shared/drawing/step-at.ts";
import { type Editor, JsonEditor } from "../../shared/editor/json-editor.tsx";
import { EditorHead } from "./editor-head.tsx";
import { lastOutputs } from "./last-outputs.ts";
import type { Open } from "./open.ts";
import { Palette } from "./palette.tsx";
import { statesOfProblems } from "./problem-states.ts";
import { Problems } from "./problems.tsx";
import { SaveDialog } from "./save-dialog.tsx";
import type { TextState } from "./text-state.ts";
import { TryIt } from "./try-it.tsx";

export interface WorkbenchProps {
  state: TextState;
  name: string;
  /** The newest version that is known; null of a new workflow. */
  newest: number | null;
  managedBy: string | null;
}

/** The text at the left, what it says at the right, and below what is wrong, or how it runs. */
export function Workbench({ state, name, newest, managedBy }: WorkbenchProps) {
  const [isUnlocked, setIsUnlocked] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [isTrying, setIsTrying] = useState(false);
  const [tried, setTried] = useState<States | null>(null);
  const editor = useRef<Editor | null>(null);
  // The editor has the text from then on; it is another one only where the state is.
  const begin = useMemo(() => state.text.peek(), [state]);
  const schema = useReading("schema", (signal) => platform.workflows.schema({ signal })).state.value.value;
  const outputs = useReading(`outputs ${state.workflow}`, (signal) => lastOutputs(state.workflow, signal)).state.value
    .value;
  const isLocked = managedBy !== null && !isUnlocked;
  const problems = state.verdict.value?.problems ?? [];
  const steps = state.steps.value;
  const marked = useMemo(() => statesOfProblems(steps, problems), [steps, problems]);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
      const wanted = key === "s" ? "save" : key === "i" ? "palette" : null;
      if (wanted === null || isLocked) return;
      event.preventDefault();
      setOpen(wanted);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [isLocked]);

  return (
    <div class="workbench">
      <EditorHead
        {...{ state, name, newest, managedBy, isLocked, isTrying }}
        onUnlock={() => setIsUnlocked(true)}
        onOpen={setOpen}
        onTry={() => {
          setIsTrying(!isTrying);
          setTried(null);
        }}
      />
      <div class="workbench-text">
        <JsonEditor
          text={begin}
          label="Definition"
          readOnly={isLocked}
          problems={problems}
          known={() => ({ schema, definition: state.definition.value, outputs: outputs ?? new Map() })}
          onChange={(text) => {
            state.change(text);
            setTried(null);
          }}
          onPlace={(loc) => setSelected(stepAt(state.steps.value, loc)?.path ?? null)}
          onReady={(made) => {
            editor.current = made;
          }}
        />
      </div>
      <section class="workbench-drawing" aria-label="Drawing">
        <Drawing
          steps={steps}
          states={tried ?? marked}
          selected={selected}
          isStale={!state.isJson.value}
          {...(isLocked ? {} : { onInsert: () => setOpen("palette") })}
          label="Steps as the text says"
          onSelect={({ path, loc }) => {
            setSelected(path);
            editor.current?.select(loc);
          }}
        />
      </section>
      <section class="workbench-foot" aria-label={isTrying ? "Try it" : "Problems"}>
        {isTrying ? (
          <TryIt state={state} onTried={setTried} />
        ) : (
          <Problems
            state={state}
            onChoose={({ loc }) => {
              editor.current?.select(loc);
              editor.current?.focus();
            }}
          />
        )}
      </section>
      {open === "palette" && (
        <Palette state={state} editor={editor.current} selected={selected} onClose={() => setOpen(null)} />
      )}
      {open === "save" && <SaveDialog state={state} onClose={() => setOpen(null)} />}
    </div>
  );
}
