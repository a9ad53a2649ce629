import { signal } from "@preact/signals";
import { live } from "./live/live.ts";

const APART_MILLISECONDS = 5000;

/** What is said now. */
export const said = signal("");
let waiting: string | null = null;
let timer: ReturnType<typeof setTimeout> | null = null;

/** Has those who can't see the page told something: at most one sentence in five seconds, the newest, and none while paused. */
export function announce(sentence: string): void {
  if (live.peek().is === "paused") return;
  waiting = sentence;
  if (timer === null) say();
}

function say(): void {
  timer = null;
  if (waiting === null) return;
  said.value = waiting;
  waiting = null;
  timer = setTimeout(say, APART_MILLISECONDS);
}
