import { choose, go } from "../../address/address.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { Empty } from "../../shared/states/states.tsx";

const EXAMPLE = `{"name": "answer", "type": "wait", "timeout": 259200,
 "config": {"signal": ["approved", "rejected"]}}`;

/** What stands in place of an empty list. @param workflow whose runs alone are looked for; null for all */
export function NobodyWaits({ workflow }: { workflow: string | null }) {
  if (workflow !== null) {
    return (
      <Empty title="None of this workflow waits">
        <p>Runs of other workflows may.</p>
        <button type="button" onClick={() => go(choose({ workflow: null }))}>
          Show all
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing waits for an answer">
      <p>
        A run comes here when it reaches a step that waits for a signal, such as this one, and goes on when that is
        sent.
      </p>
      <pre>{EXAMPLE}</pre>
      <CopyButton text={EXAMPLE} what="the step" />
    </Empty>
  );
}
