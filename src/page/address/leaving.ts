/** Asks before the page goes elsewhere, where something that is not saved would be left behind. */
import { useEffect, useRef } from "preact/hooks";

/** @param leave goes where somebody wanted to go @returns whether to stay for now */
type Keeper = (leave: () => void) => boolean;

let keeper: Keeper | null = null;

/** Whether to stay for now: `leave` is called once somebody said that they want to go. */
export function isKept(leave: () => void): boolean {
  return keeper?.(leave) ?? false;
}

/** Lets everything go for as long as it takes to leave. */
export function leaveWith(leave: () => void): void {
  keeper = null;
  leave();
}

/** Asks `own` before the page goes elsewhere, while a component is shown. */
export function useLeaving(own: Keeper): void {
  const latest = useRef(own);
  latest.current = own;
  useEffect(() => {
    const kept: Keeper = (leave) => latest.current(leave);
    keeper = kept;
    return () => {
      if (keeper === kept) keeper = null;
    };
  }, []);
}
