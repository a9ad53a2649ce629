import { useMemo, useRef, useState } from "preact/hooks";
import { useLeaving } from "../../address/leaving.ts";
import { announce } from "../../announce.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Drawing } from "../../shared/drawing/drawing.tsx";
import type { States } from "../../shared/drawing/states.ts";
import { stepAt } from "../../shared/drawing/step-at.ts";
import { type Editor, JsonEditor, type Problem } from "../../shared/editor/json-editor.tsx";
import { DraftDialog } from "./draft-dialog.tsx";
import { dropDraft } from "./drafts.ts";
import { EditorHead } from "./editor-head.tsx";
import { useEditorKeys } from "./editor-keys.ts";
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
  /** Begins again with what is saved: the draft is gone. */
  onDiscarded: () => void;
}

/** The text at the left, what it says at the right, and below what is wrong, or how it runs. */
export function Workbench({ state, name, newest, managedBy, onDiscarded }: WorkbenchProps) {
  const [isUnlocked, setIsUnlocked] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const [isTrying, setIsTrying] = useState(false);
  const [tried, setTried] = useState<States | null>(null);
  const [leave, setLeave] = useState<(() => void) | null>(null);
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

  useLeaving((wanted) => {
    if (state.isEdited) setLeave(() => wanted);
    return state.isEdited;
  });
  const choose = ({ loc }: Problem) => {
    editor.current?.select(loc);
    editor.current?.focus();
  };
  /** Shows what has to be mended before the text can be saved. */
  const showFaults = () => {
    const { faults } = state;
    setOpen(null);
    setIsTrying(false);
    const [first] = faults ?? [];
    if (first !== undefined) choose(first);
    else editor.current?.focus();
    announce(faults === null ? "Not saved: the text is no JSON" : `Not saved: faults, ${faults.length}`);
  };

  const openDialog = (what: Open) => {
    if (what === "save" && state.isStored) announce("Nothing changed");
    else if (what === "save" && state.faults?.length !== 0) showFaults();
    else setOpen(what);
  };

  useEditorKeys(isLocked, openDialog);

  return (
    <div class="workbench">
      <EditorHead
        {...{ state, name, newest, managedBy, isLocked, isTrying }}
        onUnlock={() => setIsUnlocked(true)}
        onOpen={openDialog}
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
        {isTrying ? <TryIt state={state} onTried={setTried} /> : <Problems state={state} onChoose={choose} />}
      </section>
      {open === "palette" && (
        <Palette state={state} editor={editor.current} selected={selected} onClose={() => setOpen(null)} />
      )}
      {(open === "save" || open === "diff") && (
        <SaveDialog state={state} isDiff={open === "diff"} onRefused={showFaults} onClose={() => setOpen(null)} />
      )}
      {(open === "discard" || leave !== null) && (
        <DraftDialog
          saved={state.base.value === null ? "the example" : `v${state.base.value}`}
          isKept={state.isKept.value}
          onLeave={leave}
          onDiscard={() => {
            dropDraft(state.workflow);
            if (leave === null) onDiscarded();
            else leave();
          }}
          onClose={() => {
            setOpen(null);
            setLeave(null);
          }}
        />
      )}
    </div>
  );
}
