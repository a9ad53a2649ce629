import { useId } from "preact/hooks";

/** Something that can be done with a run. */
export interface Action {
  name: string;
  /** Why it can't be done now; null where it can. */
  reason: string | null;
  isMain?: boolean;
  run(): void;
}

/** A button that stays where it is when it can't be used, and says why. */
export function ActionButton({ name, reason, isMain = false, run }: Action) {
  const id = useId();
  return (
    <>
      <button
        type="button"
        class={isMain && reason === null ? "primary" : undefined}
        aria-disabled={reason !== null}
        aria-describedby={reason === null ? undefined : id}
        title={reason ?? undefined}
        onClick={() => reason === null && run()}
      >
        {name}
      </button>
      {reason !== null && (
        <span id={id} class="action-reason">
          {reason}
        </span>
      )}
    </>
  );
}
