/**
 * What happens, as it happens. Of all tabs one has a stream: the one that was looked at last. It tells tabs that show the same;
 * those that show something else ask now and then while they are seen.
 */
import { computed, signal } from "@preact/signals";
import { ApiError } from "../../client/errors.ts";
import { outage } from "../data/outage.ts";
import { problemOf } from "../data/problem.ts";
import type { Topic } from "./topic.ts";
import { takeTurns } from "./turns.ts";
import { Watch } from "./watch.ts";

const TABS = "workflows-live";
const HIDDEN_MILLISECONDS = 30_000;
const ASKING_MILLISECONDS = 5000;
const RECONNECT_SECONDS = [1, 2, 3, 5, 10, 15];

export type LiveState =
  | { is: "live" | "paused" | "quiet" | "asking" }
  | { is: "reconnecting"; at: number; since: number };

const state = signal<LiveState>({ is: "quiet" });
const isPaused = signal(false);
/** Paused, whatever the stream does; quiet where the view follows nothing. */
export const live = computed<LiveState>(() => (isPaused.value ? { is: "paused" } : state.value));

let topic: Topic | null = null;
let stream: AbortController | null = null;
let watch: Watch | null = null;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;
const tabs = new BroadcastChannel(TABS);

/** Follows a topic until the given function is called. A view has one topic at most. */
export function follow(followed: Topic): () => void {
  topic = followed;
  begin();
  return () => {
    if (topic !== followed) return;
    topic = null;
    end();
    state.value = { is: "quiet" };
  };
}

/** Pauses, or goes on: then all is read again. */
export function toggleLive(): void {
  isPaused.value = !isPaused.value;
  if (isPaused.value) end();
  else begin();
}

/** Has this tab take the stream, as the one that is looked at. */
function begin(): void {
  end();
  if (topic === null || isPaused.peek()) return;
  const own = new AbortController();
  stream = own;
  takeTurns(own.signal, { hold, wait: ask });
}

function end(): void {
  stream?.abort(new Error("no longer followed"));
  stream = null;
}

async function hold(signal: AbortSignal): Promise<void> {
  let since = Date.now();
  for (let tries = 0; !signal.aborted; tries++) {
    const followed = topic;
    if (followed === null) return;
    state.value = { is: "live" };
    try {
      for await (const message of followed.messages(signal)) {
        tries = 0;
        since = Date.now();
        followed.tell(message);
        tabs.postMessage({ name: followed.name, message });
      }
      if (followed.name.startsWith("run ")) return over(signal);
    } catch (error) {
      if (signal.aborted) return;
      // Such as a run or a workflow that is not there: asking again changes nothing.
      if (error instanceof ApiError && !problemOf(error).isOutage) return over(signal);
      watch?.ask();
    }
    const seconds = RECONNECT_SECONDS[Math.min(tries, RECONNECT_SECONDS.length - 1)] ?? 1;
    if (signal.aborted) return;
    state.value = { is: "reconnecting", at: Date.now() + seconds * 1000, since };
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** There is nothing more to tell. */
function over(signal: AbortSignal): void {
  if (!signal.aborted) state.value = { is: "quiet" };
}

/** Of a tab that is seen beside the one with the stream. */
async function ask(signal: AbortSignal): Promise<void> {
  state.value = { is: "asking" };
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, ASKING_MILLISECONDS));
    if (signal.aborted) return;
    if (!document.hidden && outage.peek() === null) topic?.readAgain();
  }
}

/** Listens to the other tabs, and to whether this one is looked at. */
export function startLive(): void {
  const isNeeded = () => !document.hidden && /^(live|reconnecting|quiet)$/.test(live.peek().is);
  watch = new Watch({ isNeeded, back: () => topic?.readAgain() });
  tabs.addEventListener("message", ({ data }: MessageEvent<{ name: string; message: unknown }>) => {
    if (state.peek().is === "asking" && data.name === topic?.name) topic.tell(data.message);
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(end, HIDDEN_MILLISECONDS);
    else returned();
  });
  addEventListener("focus", returned);
  addEventListener("pagehide", end);
}

function returned(): void {
  if (topic === null || isPaused.peek() || (stream !== null && state.peek().is !== "asking")) return;
  begin();
}
