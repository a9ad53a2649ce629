import { timeSetting } from "../../settings.ts";
import { durationText, type TimeStyle, timeText } from "./format.ts";
import { now } from "./now.ts";

/** A time as the reader wants times; pointed at, and copied, it is ISO 8601. */
export function Time({ at, ...style }: { at: string | null } & TimeStyle) {
  if (at === null) return <span class="soft">–</span>;
  // Absolute times change with the day alone: they are not drawn each second.
  const reference = timeSetting.value === "relative" ? now.value : now.peek();
  return (
    <time dateTime={at} title={at} class="number">
      {timeText(at, reference, style)}
    </time>
  );
}

/** How long something took; of what is under way, so far. */
export function Took({ from, to, isOpen = false }: { from: string | null; to: string | null; isOpen?: boolean }) {
  if (from === null || (to === null && !isOpen)) return <span class="soft">–</span>;
  const end = to === null ? now.value : Date.parse(to);
  const text = durationText(Math.max(0, end - Date.parse(from)));
  return <span class={to === null ? "number soft" : "number"}>{to === null ? `${text}…` : text}</span>;
}
