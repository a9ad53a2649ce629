import { useEffect } from "preact/hooks";
import { useActions } from "./keys.ts";

/**
 * Has `j`, `k` and, where one of them has the focus, arrows go through the links of a list that has all of them in the document.
 *
 * @param links a selector
 * @param what one of them is, such as "workflow"
 */
export function useWalk(links: string, what: string): void {
  useActions([
    { key: "j", name: `Next ${what}`, run: () => walk(links, 1) },
    { key: "k", name: `The ${what} before`, run: () => walk(links, -1) },
  ]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined || !(event.target instanceof Element) || !event.target.matches(links)) return;
      event.preventDefault();
      walk(links, step);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [links]);
}

/** From the one that has the focus, or else is chosen, or else from above the first. */
function walk(links: string, by: number): void {
  const all = [...document.querySelectorAll<HTMLElement>(links)];
  const focused = all.findIndex((link) => link.matches(":focus"));
  const at = focused < 0 ? all.findIndex((link) => link.matches("[aria-current]")) : focused;
  all[Math.min(all.length - 1, Math.max(0, at + by))]?.focus();
}
