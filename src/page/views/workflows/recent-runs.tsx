import { useEffect, useMemo, useRef } from "preact/hooks";
import type { RunSummary } from "../../../schemas/runs/run-summary.ts";
import { hrefOf, pathWith } from "../../address/address.ts";
import { Reading } from "../../data/reading.ts";
import { firstRuns } from "../../data/runs/first-runs.ts";
import { countsText } from "../../shared/drawing/texts.ts";
import { knownStatus } from "../../shared/status/statuses.ts";
import { Time } from "../../shared/time/time.tsx";

const SHOWN = 20;
/** The last runs of a workflow, oldest first, and a link to all of them. They are read once the row is in view. */
export function RecentRuns({ workflow }: { workflow: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const reading = useMemo(() => new Reading((signal) => firstRuns({ workflow }, SHOWN, signal)), [workflow]);
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      reading.again();
    });
    if (place.current !== null) seen.observe(place.current);
    return () => {
      seen.disconnect();
      reading.close();
    };
  }, [reading]);
  const { value: last, problem } = reading.state.value;
  if (last === null && problem !== null)
    return (
      <button type="button" class="recent-failed" title={problem.text} onClick={() => reading.again()}>
        not read, try again
      </button>
    );
  const runs = last?.runs.toReversed() ?? [];
  const counted = countsText(countsOf(runs));
  return (
    <span ref={place}>
      <a class="recent-runs" href={hrefOf(pathWith("/runs", { workflow }))} title={counted}>
        {last !== null && runs.length === 0 && (
          <span class="soft">
            {last.lookedTo === null ? (
              "none yet"
            ) : (
              <>
                none since <Time at={last.lookedTo} />
              </>
            )}
          </span>
        )}
        {runs.length > 0 && <span class="sr-only">{`The last ${runs.length} runs: ${counted}`}</span>}
        {runs.map(({ uuid, status }) => (
          <span key={uuid} class={`run-dot mark-${knownStatus(status)}`} />
        ))}
      </a>
    </span>
  );
}

function countsOf(runs: readonly RunSummary[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of runs) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
