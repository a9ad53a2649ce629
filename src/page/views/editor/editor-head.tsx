import { hrefOf, pathWith } from "../../address/address.ts";
import { absoluteText } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";
import type { Open } from "./open.ts";
import type { TextState } from "./text-state.ts";

interface EditorHeadProps {
  state: TextState;
  name: string;
  newest: number | null;
  managedBy: string | null;
  isLocked: boolean;
  isTrying: boolean;
  onUnlock: () => void;
  onOpen: (what: Open) => void;
  onTry: () => void;
}

/** What is edited, what became of the draft, and what can be done. */
export function EditorHead({
  state,
  name,
  newest,
  managedBy,
  isLocked,
  isTrying,
  onUnlock,
  onOpen,
  onTry,
}: EditorHeadProps) {
  const base = state.base.value;
  const draft = state.draft.value;
  const next = Math.max(newest ?? 0, base ?? 0) + 1;
  const isBehind = base !== null && newest !== null && base < newest;
  return (
    <header class="workbench-head">
      <h1 title={name}>
        {base === null ? (
          <span class="cut">{name}</span>
        ) : (
          <a class="cut" href={hrefOf(`/workflows/${state.workflow}`)}>
            {name}
          </a>
        )}{" "}
        {base !== null && (
          <span class="workflow-version">
            v{base} → v{next}
          </span>
        )}
      </h1>
      <span class="soft workbench-draft" role="status">
        {!state.isKept.value && "this browser has no room for the draft"}
        {state.isKept.value && draft !== null && `draft kept ${absoluteText(new Date(draft.at), now.peek())}`}
        {draft === null && state.isStored && "nothing changed"}
      </span>
      {draft !== null && (
        <button type="button" class="copy" disabled={isLocked} onClick={() => onOpen("discard")}>
          throw away…
        </button>
      )}
      <div class="workbench-actions">
        <button type="button" aria-pressed={isTrying} onClick={onTry}>
          Try it
        </button>
        <button type="button" title="Ctrl I" disabled={isLocked} onClick={() => onOpen("palette")}>
          Insert step
        </button>
        <button
          type="button"
          title={base === null ? "Nothing is stored yet" : state.isStored ? "Nothing changed" : undefined}
          disabled={base === null || state.isStored}
          onClick={() => onOpen("diff")}
        >
          Diff
        </button>
        <button
          type="button"
          class="primary"
          title={state.isStored ? "Nothing changed" : "Ctrl S"}
          disabled={isLocked || state.isStored}
          onClick={() => onOpen("save")}
        >
          Save v{next}…
        </button>
      </div>
      {isLocked && (
        <p class="note">
          Read only: it is applied from <strong>{managedBy}</strong>, which would write over a change.{" "}
          <button type="button" class="quiet" onClick={onUnlock}>
            Edit all the same
          </button>
        </p>
      )}
      {isBehind && (
        <p class="note">
          This draft began with v{base}; v{newest} was saved since.{" "}
          <a href={hrefOf(pathWith(`/workflows/${state.workflow}/diff`, { from: base, to: newest }))}>
            What v{newest} changed
          </a>
        </p>
      )}
    </header>
  );
}
