import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  /** Beside the content of the page, over its whole height, in place of in its middle. */
  isDrawer?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

/** A dialog that is open for as long as it is shown. The focus goes back to where it was. */
export function Dialog({ title, isDrawer = false, onClose, children }: DialogProps) {
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  // At once, so that what is typed next goes there.
  useLayoutEffect(() => {
    const own = element.current;
    const before = document.activeElement;
    own?.showModal();
    // What one has come for, not the way out.
    own?.querySelector<HTMLElement>("input, select, textarea, .primary:not(:disabled)")?.focus();
    return () => {
      own?.close();
      // It may be out of the document by now, and then the browser does not do it.
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${isDrawer ? "drawer" : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={id} class="two-lines" title={title}>
          {title}
        </h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}
