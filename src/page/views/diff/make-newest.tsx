import { useState } from "preact/hooks";
import type { Definition, StoredDefinition } from "../../../client/definitions.ts";
import { go } from "../../address/address.ts";
import { definitionText } from "../../data/authored.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { TextDiff } from "../../shared/editor/text-diff.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";

interface MakeNewestProps {
  newest: StoredDefinition;
  version: StoredDefinition;
}

/** Saves what an older version says as a new one, after a look at what that changes. */
export function MakeNewest({ newest, version }: MakeNewestProps) {
  const [isOpen, setIsOpen] = useState(false);
  const {
    run: save,
    isBusy,
    problem,
  } = useDoing(async () => {
    const definition: Definition = JSON.parse(definitionText(version));
    await platform.workflows.replace(newest.uuid, definition, { ifVersion: newest.version });
    go(`/workflows/${newest.uuid}`);
  });
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        Make v{version.version} the newest…
      </button>
      {isOpen && (
        <Dialog title={`Save v${version.version} as v${newest.version + 1}`} onClose={() => setIsOpen(false)}>
          <div class="save">
            <p class="soft">Triggers take it from then on; runs under way keep their version.</p>
            <TextDiff
              before={{ text: definitionText(newest), label: `Version ${newest.version}` }}
              after={{ text: definitionText(version), label: `Version ${version.version}` }}
            />
            <ProblemLine problem={problem} />
            <div class="dialog-foot">
              <button type="button" onClick={() => setIsOpen(false)}>
                Leave it
              </button>
              <button type="button" class="primary" disabled={isBusy} onClick={save}>
                Save as v{newest.version + 1}
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
