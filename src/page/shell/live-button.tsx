import { outage } from "../data/outage.ts";
import { useActions } from "../keys/keys.ts";
import { type LiveState, live, toggleLive } from "../live/live.ts";
import { absoluteText } from "../shared/time/format.ts";
import { now } from "../shared/time/now.ts";

/** Says whether what is shown is how things are now, and stops or goes on with that. */
export function LiveButton() {
  useActions([{ key: "l", name: "Pause, or go on live", run: toggleLive }]);
  const { mark, text } = shown(live.value);
  return (
    <button
      type="button"
      class={`quiet live live-${mark}`}
      aria-pressed={live.value.is !== "paused"}
      onClick={toggleLive}
      title="Live updates"
    >
      <span class="live-dot" aria-hidden="true" />
      <span class="live-text">{text}</span>
    </button>
  );
}

function shown(state: LiveState): { mark: string; text: string } {
  if (state.is === "paused") return { mark: "paused", text: "paused" };
  if (outage.value !== null) {
    const since = absoluteText(new Date(outage.value.since), now.value, { day: "never" });
    return { mark: "lost", text: `no answer since ${since}` };
  }
  if (state.is === "reconnecting") {
    const seconds = Math.max(0, Math.ceil((state.at - now.value) / 1000));
    return { mark: "lost", text: `reconnecting in ${seconds} s` };
  }
  return { mark: state.is === "asking" ? "asking" : "on", text: "live" };
}
