import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** What the tab is called. */
export const title = signal("Workflows");

effect(() => {
  document.title = `${title.value} · Workflows`;
});

/** Names the tab after what a view shows. */
export function useTitle(text: string | null): void {
  useEffect(() => {
    if (text !== null) title.value = text;
  }, [text]);
}
