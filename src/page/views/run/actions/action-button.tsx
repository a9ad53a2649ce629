import { useId } from "preact/hooks";

interface ActionButtonProps {
  name: string;
  /** Why it can't be done now; null where it can. */
  reason: string | null;
  isMain?: boolean;
  run(): void;
}

/** A button that stays where it is when it can't be used, and says why. */
export function ActionButton({ name, reason, isMain = false, run }: ActionButtonProps) {
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
        <span id={id} hidden>
          {reason}
        </span>
      )}
    </>
  );
}
