import { useEffect } from "preact/hooks";
import { actions, useActions } from "../../keys/keys.ts";
import type { Open } from "./open.ts";

/** Ctrl S saves, Ctrl I inserts a step, also while the text is typed. They are listed with the other keys. */
export function useEditorKeys(isLocked: boolean, open: (what: Open) => void): void {
  useActions(
    isLocked
      ? []
      : [
          { key: "Ctrl S", name: "Save", run: () => open("save") },
          { key: "Ctrl I", name: "Insert a step", run: () => open("palette") },
        ],
  );
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = event.ctrlKey || event.metaKey ? `Ctrl ${event.key.toUpperCase()}` : "";
      const found = actions.peek().find((one) => one.key === key);
      if (found === undefined) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
