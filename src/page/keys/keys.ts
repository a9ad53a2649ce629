/** Keys that do something, which the list of shortcuts and the search know as well. */
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { keySetting } from "../settings.ts";

export interface Action {
  /** As KeyboardEvent has it, or two in a row: `g r`. Null for one that only the search has. */
  key: string | null;
  /** In the words of a button. */
  name: string;
  run(): void;
}

/** What can be done now, what came last first. */
export const actions = signal<readonly Action[]>([]);
const SEQUENCE_MILLISECONDS = 1000;

/** Offers actions while a component is shown. Those that are hidden below others come back with these gone. */
export function useActions(offered: Action[]): void {
  const latest = useRef(offered);
  latest.current = offered;
  const names = offered.map(({ key, name }) => `${key} ${name}`).join("\n");
  // With what is drawn: what can be seen can be done.
  useLayoutEffect(() => {
    const own = latest.current.map(({ key, name }, index) => ({
      key,
      name,
      // What an action does may change with each draw.
      run: () => latest.current[index]?.run(),
    }));
    actions.value = [...own, ...actions.peek()];
    return () => {
      actions.value = actions.peek().filter((one) => !own.includes(one));
    };
    // The names say which they are.
  }, [names]);
}

let first: { key: string; at: number } | null = null;

/** Hears keys that are typed nowhere. */
export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (keySetting.peek() === "off" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // On a link or a button these keys are its own.
    if ((event.key === "Enter" || event.key === " ") && isOwn(event.target)) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
    const isSecond = first !== null && event.timeStamp - first.at < SEQUENCE_MILLISECONDS;
    const wanted = [isSecond ? `${first?.key} ${event.key}` : "", event.key];
    first = null;
    const found = wanted
      .map((key) => actions.peek().find((one) => one.key === key))
      .find((action) => action !== undefined);
    if (found !== undefined) {
      event.preventDefault();
      found.run();
    } else if (actions.peek().some(({ key }) => key?.startsWith(`${event.key} `))) {
      first = { key: event.key, at: event.timeStamp };
    }
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function isOwn(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("a, button, summary, [role='button']");
}
