import { useEffect, useState } from "preact/hooks";
import { choose, go } from "../../address/address.ts";
import { absoluteText, durationText } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";

const STEPS = 1000;
const SMALLEST = 60_000;
const LARGEST = 90 * 86_400_000;
const LABELS = [
  ["1 h", 3_600_000],
  ["1 d", 86_400_000],
  ["1 wk", 604_800_000],
  ["1 mo", 2_592_000_000],
] as const;
/** While it is drawn along: a read that is not wanted any more is given up. */
const DRAGGING_MILLISECONDS = 150;

/**
 * Time as a ruler: now at the top, and the further down the longer ago, so that a minute and a month can both be met.
 *
 * @param at the time that the list was gone to, ISO 8601; null where it begins with the newest
 */
export function Ruler({ at }: { at: string | null }) {
  const place = at === null ? 0 : placeOf(now.peek() - Date.parse(at));
  const [moved, setMoved] = useState<number | null>(null);
  useEffect(() => {
    if (moved === null) return;
    const timer = setTimeout(() => {
      setMoved(null);
      const age = ageOf(moved);
      go(choose({ at: age === 0 ? null : new Date(now.peek() - age).toISOString() }), { replaces: at !== null });
    }, DRAGGING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [moved, at]);
  const shown = moved ?? place;
  const age = ageOf(shown);
  const text = age === 0 ? "now" : `${absoluteText(new Date(now.value - age), now.value)}, ${durationText(age, 1)} ago`;
  return (
    <div class="ruler" title="Go to a time">
      <input
        type="range"
        min={0}
        max={STEPS}
        value={shown}
        aria-label="Go to a time"
        aria-valuetext={text}
        aria-orientation="vertical"
        onInput={({ currentTarget }) => setMoved(Number(currentTarget.value))}
      />
      <span class="ruler-label" style={{ top: "0%" }}>
        now
      </span>
      {LABELS.map(([label, length]) => (
        <span key={label} class="ruler-label" style={{ top: `${(placeOf(length) / STEPS) * 100}%` }}>
          {label}
        </span>
      ))}
      {moved !== null && (
        <output class="ruler-shown" style={{ top: `${(moved / STEPS) * 100}%` }}>
          {text}
        </output>
      )}
    </div>
  );
}

/** @returns milliseconds */
function ageOf(place: number): number {
  return place === 0 ? 0 : Math.round(SMALLEST * (LARGEST / SMALLEST) ** (place / STEPS));
}

function placeOf(age: number): number {
  if (age <= SMALLEST) return age <= 0 ? 0 : 1;
  return Math.min(STEPS, Math.round((STEPS * Math.log(age / SMALLEST)) / Math.log(LARGEST / SMALLEST)));
}
