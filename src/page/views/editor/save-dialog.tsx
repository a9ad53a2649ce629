import { useState } from "preact/hooks";
import type { Definition, StoredDefinition } from "../../../client/definitions.ts";
import { ApiError } from "../../../client/errors.ts";
import { go } from "../../address/address.ts";
import { definitionBeside, plainText } from "../../data/authored.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { TextDiff } from "../../shared/editor/text-diff.tsx";
import { Failed, ProblemLine } from "../../shared/states/states.tsx";
import type { TextState } from "./text-state.ts";

interface SaveDialogProps {
  state: TextState;
  /** It only shows what a save would change. */
  isDiff: boolean;
  /** The platform refused the text: the state has what is wrong with it. */
  onRefused: () => void;
  onClose: () => void;
}

/**
 * Shows what the new version changes, and saves it over the version that the text began with: where somebody else was faster,
 * theirs is shown beside, and nothing is lost.
 */
export function SaveDialog({ state, isDiff, onRefused, onClose }: SaveDialogProps) {
  const base = state.base.value;
  const newest = useReading(`newest of ${state.workflow}`, async (signal) =>
    base === null ? null : platform.workflows.get(state.workflow, { signal }),
  );
  const stored = newest.state.value.value;
  const isBehind = stored !== null && base !== null && stored.version > base;

  const {
    run: save,
    isBusy,
    problem,
  } = useDoing(async () => {
    try {
      const definition: Definition = JSON.parse(state.text.value);
      if (base === null) {
        const { workflow_id } = await platform.workflows.create(definition);
        state.saved(1);
        go(`/workflows/${workflow_id}`);
        return;
      }
      const { version } = await platform.workflows.replace(state.workflow, definition, { ifVersion: base });
      state.saved(version);
      go(`/workflows/${state.workflow}`);
    } catch (error) {
      if (error instanceof ApiError && error.code === "version_conflict") newest.again();
      else if (error instanceof ApiError && error.faults.length > 0) {
        state.refused(error.faults);
        onRefused();
      } else throw error;
    }
  });

  const after = { text: plainText(state.text.value), label: "Your text" };
  const isLoading = base !== null && stored === null;
  const known = stored?.version ?? base;
  const title = known === null ? "Save the new workflow" : isDiff ? `Difference to v${known}` : `Save v${known + 1}`;
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="save">
        {isBehind && <Behind state={state} stored={stored} base={base} />}
        {stored !== null && !isBehind && (
          <TextDiff
            before={{ text: definitionBeside(stored, after.text), label: `Version ${stored.version}` }}
            after={after}
          />
        )}
        {base === null && <p class="soft">It is stored as version 1, and can be run from then on.</p>}
        {stored === null && newest.state.value.problem !== null && (
          <Failed problem={newest.state.value.problem} again={() => newest.again()} />
        )}
        <ProblemLine problem={problem} />
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Go on editing
          </button>
          {!isDiff && (
            <button type="button" class="primary" disabled={isBusy || isLoading || isBehind} onClick={save}>
              Save
            </button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

/** Three texts: what both began with, what somebody else saved since, and what is written here. */
function Behind({ state, stored, base }: { state: TextState; stored: StoredDefinition; base: number }) {
  const [shown, setShown] = useState<"both" | "theirs" | "yours">("both");
  const reading = useReading(`base ${state.workflow} ${base}`, (signal) =>
    platform.workflows.get(state.workflow, { version: base, signal }),
  );
  const { value: began, problem } = reading.state.value;
  const yours = { text: plainText(state.text.value), label: "Your text" };
  const sideOf = (one: StoredDefinition, label: string) => ({ text: definitionBeside(one, yours.text), label });
  const theirs = sideOf(stored, `Version ${stored.version}, saved by somebody else`);
  const first = began === null ? null : sideOf(began, `Version ${base}, with which you began`);
  return (
    <>
      <p class="note" role="alert">
        Somebody saved v{stored.version} while you edited v{base}. Your text is kept here, and nothing was saved over
        theirs.
      </p>
      <fieldset class="tabs" aria-label="What is compared">
        {(
          [
            ["both", "Theirs and yours"],
            ["theirs", `What v${stored.version} changed`],
            ["yours", "What you changed"],
          ] as const
        ).map(([which, label]) => (
          <button
            key={which}
            type="button"
            class="quiet"
            aria-pressed={shown === which}
            onClick={() => setShown(which)}
          >
            {label}
          </button>
        ))}
      </fieldset>
      {shown === "both" && <TextDiff key="both" before={theirs} after={yours} />}
      {shown === "theirs" && first !== null && <TextDiff key="theirs" before={first} after={theirs} />}
      {shown === "yours" && first !== null && <TextDiff key="yours" before={first} after={yours} />}
      {shown !== "both" && first === null && problem !== null && (
        <Failed problem={problem} again={() => reading.again()} />
      )}
      <p>
        <button type="button" onClick={() => state.rebase(stored.version)}>
          Go on from v{stored.version} with my text
        </button>{" "}
        <span class="soft">
          The next save then takes the place of theirs; what you want of theirs, write into your text first.
        </span>
      </p>
    </>
  );
}
