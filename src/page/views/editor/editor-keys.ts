import { useEffect, useRef } from "preact/hooks";
import type { Open } from "./open.ts";

/** Ctrl S saves, Ctrl I inserts a step, also while the text is typed. */
export function useEditorKeys(isLocked: boolean, open: (what: Open) => void): void {
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
      const wanted = key === "s" ? "save" : key === "i" ? "palette" : null;
      if (wanted === null || isLocked) return;
      event.preventDefault();
      latest.current(wanted);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [isLocked]);
}
