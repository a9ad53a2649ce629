import { useState } from "preact/hooks";
import type { HookToken } from "../../../schemas/hook.ts";
import { hrefOf } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import type { Example } from "./examples.ts";
import { type There, thereOf } from "./starts.ts";

interface HookDialogProps {
  example: Example;
  /** The workflow is, and stays as it is. */
  isThere: boolean;
  onClose(): void;
  /** A hook is there by now, such as one whose answer was lost. */
  onThere(there: There): void;
}

/** Makes an example and its hook, and tells the hook's address, once. */
export function HookDialog({ example, isThere, onClose, onThere }: HookDialogProps) {
  const { id, definition } = example;
  const [made, setMade] = useState<HookToken | null>(null);
  const { run, isBusy, problem } = useDoing(async () => {
    const there = await thereOf(id);
    if (there.start !== null) return onThere(there);
    if (!isThere) await platform.workflows.replace(id, definition, { create: true });
    setMade(await platform.hooks.create({ workflow_id: id }));
  });
  return (
    <Dialog title={`Use “${definition.name}”`} onClose={onClose}>
      {made !== null ? (
        <Made hook={made} example={example} />
      ) : (
        <>
          <p>
            {isThere ? (
              <>
                The workflow <code>{id}</code> is there, and stays as it is. This makes a hook:
              </>
            ) : (
              <>
                Makes the workflow <code>{id}</code>, and a hook:
              </>
            )}{" "}
            an address for programs. What is sent there starts a run, whoever sends it. The address is told once, now.
          </p>
          <ProblemLine problem={problem} />
          <div class="dialog-foot">
            <button type="button" onClick={onClose}>
              Not now
            </button>
            <button type="button" class="primary" onClick={run} disabled={isBusy}>
              {isThere ? "Make the hook" : "Make both"}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function Made({ hook: { url }, example: { id, test } }: { hook: HookToken; example: Example }) {
  const body = test.payload?.body;
  const command = `curl -X POST '${url}' -H 'content-type: application/json' \\\n  -d '${JSON.stringify(body)}'`;
  return (
    <>
      <p>Keep this address: it can't be shown again. Whoever has it can start runs of the workflow.</p>
      <Told text={url} what="the address" />
      <p>A delivery, to try it:</p>
      <Told text={command} what="the command" />
      <div class="dialog-foot">
        <a class="button primary" href={hrefOf(`/workflows/${id}`)}>
          To the workflow
        </a>
      </div>
    </>
  );
}

function Told({ text, what }: { text: string; what: string }) {
  return (
    <div class="told-once">
      <pre>{text}</pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
