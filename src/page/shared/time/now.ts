import { signal } from "@preact/signals";
import { live } from "../../live/live.ts";

/** Milliseconds since the epoch, once a second while somebody looks. It stands still while live is paused: nothing moves then. */
export const now = signal(Date.now());

setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);

function tick(): void {
  if (!document.hidden && live.peek().is !== "paused") now.value = Date.now();
}
