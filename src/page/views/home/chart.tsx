import type { Stats } from "../../../schemas/lists/stats.ts";
import { hrefOf, pathWith } from "../../address/address.ts";
import { absoluteText } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";

type Part = Stats["parts"][number];

/** What ended in each minute or hour; what failed stands in front. Each bar leads to its runs. */
export function Chart({ stats: { parts, part_seconds, total } }: { stats: Stats }) {
  const highest = Math.max(1, ...parts.map(endedIn));
  const first = parts[0];
  return (
    <figure class="chart">
      <figcaption class="sr-only">
        Ended by {part_seconds === 60 ? "minute" : "hour"}: {endedIn(total)} in all, at most {highest} in one
      </figcaption>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the bars have the focus; arrows go from one to the next */}
      <div class="chart-bars" onKeyDown={walk}>
        {parts.map((part, index) => (
          <a
            key={part.at}
            class="chart-bar"
            href={linkOf(part, part_seconds)}
            tabIndex={index === parts.length - 1 ? 0 : -1}
            aria-label={titleOf(part)}
            title={titleOf(part)}
          >
            <span class="chart-others" style={{ height: `${(100 * (endedIn(part) - part.failed)) / highest}%` }} />
            <span
              class="chart-failed"
              style={{ height: part.failed > 0 ? `max(3px, ${(100 * part.failed) / highest}%)` : "0" }}
            />
          </a>
        ))}
      </div>
      <div class="chart-axis soft" aria-hidden="true">
        <span>{first !== undefined && absoluteText(new Date(first.at), now.peek())}</span>
        <span>most in one: {highest.toLocaleString("en")}</span>
        <span>now</span>
      </div>
    </figure>
  );
}

function walk({ key }: KeyboardEvent): void {
  const bar = document.activeElement;
  const next = { ArrowLeft: bar?.previousElementSibling, ArrowRight: bar?.nextElementSibling }[key];
  if (next instanceof HTMLElement) next.focus();
}

function endedIn({ success, failed, cancelled }: Pick<Part, "success" | "failed" | "cancelled">): number {
  return success + failed + cancelled;
}

function linkOf({ at, failed }: Part, seconds: number): string {
  const to = new Date(Date.parse(at) + seconds * 1000).toISOString();
  return hrefOf(pathWith("/runs", { from: at, to, status: failed > 0 ? "failed" : null }));
}

function titleOf(part: Part): string {
  const { at, failed } = part;
  return `${absoluteText(new Date(at), Date.now())}: ${endedIn(part)} ended, ${failed} failed`;
}
