import { Dialog } from "../../shared/dialog/dialog.tsx";

interface DraftDialogProps {
  /** What the text goes back to, such as "v2". */
  saved: string;
  /** The browser had room for the draft. */
  isKept: boolean;
  /** Where somebody wants to go; null where the draft alone is to be thrown away. */
  onLeave: (() => void) | null;
  onDiscard: () => void;
  onClose: () => void;
}

/** What to do with a text that is not saved: keep it for later, or throw it away. */
export function DraftDialog({ saved, isKept, onLeave, onDiscard, onClose }: DraftDialogProps) {
  return (
    <Dialog title={onLeave === null ? "Throw the draft away" : "Leave without saving?"} onClose={onClose}>
      <p>
        {onLeave === null && `What you changed since ${saved} is lost.`}
        {onLeave !== null &&
          (isKept
            ? "What you changed is not saved. As a draft it stays in this browser, and is here when you come back."
            : "What you changed is not saved, and this browser has no room to keep it.")}
      </p>
      <div class="dialog-foot">
        <button type="button" class={onLeave === null ? "" : "dialog-aside"} onClick={onClose}>
          Go on editing
        </button>
        <button type="button" class="danger" onClick={onDiscard}>
          Throw away
        </button>
        {onLeave !== null && (
          <button type="button" class={isKept ? "primary" : "danger"} onClick={onLeave}>
            {isKept ? "Leave, keep the draft" : "Leave all the same"}
          </button>
        )}
      </div>
    </Dialog>
  );
}
