import { useRef, useState } from "preact/hooks";
import type { BulkAction, BulkCount } from "../../../../client/bulk.ts";
import type { RunFilter } from "../../../../client/client.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { Dialog } from "../../../shared/dialog/dialog.tsx";
import { ProblemLine, Unread } from "../../../shared/states/states.tsx";
import { Errors } from "./errors.tsx";
import { type ActionKind, doneText } from "./kinds.ts";
import { Progress } from "./progress.tsx";
import { useBegin } from "./use-begin.ts";

/** Above so many the number has to be typed. */
const MOST_WITHOUT_TYPING = 100;

/** What can't be done, as far as it was tried out. */
function Foretold({ count, looked = 0, failed = 0, errors = [] }: BulkCount) {
  if (failed === 0) return null;
  return (
    <>
      <p>
        {failed.toLocaleString("en")}
        {looked < count && ` of the newest ${looked.toLocaleString("en")}`} can't be:
      </p>
      <Errors errors={errors} />
    </>
  );
}

interface AllDialogProps {
  kind: ActionKind;
  /** How many of them were chosen; null for all that fit. */
  chosen: number | null;
  filter: RunFilter;
  onClose(): void;
  /** Closes it once that was done, or stopped. */
  onDone(): void;
}

/** Does something with many runs, after it said how many these are. */
export function AllDialog({ kind, chosen, filter, onClose, onDone }: AllDialogProps) {
  const [version, setVersion] = useState<"same" | "latest">("same");
  const [typed, setTyped] = useState("");
  const action: BulkAction = { action: kind, ...(kind === "retry" && { version }) };
  const counted = useReading(`${JSON.stringify(action)} ${JSON.stringify(filter)}`, (signal) =>
    platform.runs.countBulk(action, filter, { signal }),
  );
  const begun = useBegin(action, filter);
  const { value: told } = counted.state.value;
  // While it is counted anew, for another version, what was told before stays.
  const last = useRef(told);
  last.current = told ?? last.current;
  const value = last.current;
  const verb = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  const title = `${verb} ${chosen === null ? "all that fit" : "what is chosen"}`;
  if (begun.id !== null) {
    return (
      <Dialog title={title} onClose={onDone}>
        <Progress id={begun.id} done={doneText(kind)} onClose={onDone} />
      </Dialog>
    );
  }
  const count = value?.count ?? 0;
  const isLarge = count > MOST_WITHOUT_TYPING || value?.more === true;
  // The platform looks at the newest 10,000 alone before it is begun: those that fit may all be behind these.
  const isForAny = count > 0 || value?.more === true;
  const isTyped = !isLarge || typed.replaceAll(/\D/g, "") === String(count);
  return (
    <Dialog title={title} onClose={onClose}>
      <Unread reading={counted} rows={2} label="Counting" />
      {value !== null && (
        <form
          class="run-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (isTyped && isForAny) begun.begin();
          }}
        >
          <p>
            <strong class="bulk-count">{count.toLocaleString("en")}</strong>{" "}
            {value.more ? "runs fit so far, and there may be more" : count === 1 ? "run fits" : "runs fit"}
            {chosen !== null && count < chosen && ` of ${chosen}: the others are in no status for this`}
          </p>
          <Foretold {...value} />
          {kind === "retry" && (
            <label>
              <input
                type="checkbox"
                checked={version === "latest"}
                onChange={({ currentTarget }) => setVersion(currentTarget.checked ? "latest" : "same")}
              />{" "}
              under the newest version of each workflow
            </label>
          )}
          {isLarge && (
            <label class="form-field">
              Type {count.toLocaleString("en")} to go on
              <input
                type="text"
                inputMode="numeric"
                value={typed}
                onInput={({ currentTarget }) => setTyped(currentTarget.value)}
              />
            </label>
          )}
          <ProblemLine problem={begun.problem} />
          <div class="dialog-foot">
            <button type="button" onClick={onClose}>
              Not now
            </button>
            <button
              type="submit"
              class={kind === "cancel" ? "danger" : "primary"}
              disabled={!isTyped || !isForAny || begun.isBusy}
            >
              {verb} {value.more ? "all" : count.toLocaleString("en")}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
