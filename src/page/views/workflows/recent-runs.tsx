import { useEffect, useRef, useState } from "preact/hooks";
import type { RunSummary } from "../../../schemas/run-summary.ts";
import { hrefOf, pathWith } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { countsText } from "../../shared/drawing/texts.ts";
import { knownStatus } from "../../shared/status/statuses.ts";

const SHOWN = 20;

/** The last runs of a workflow, oldest first, and a link to all of them. They are read once the row is in view. */
export function RecentRuns({ workflow }: { workflow: string }) {
  const place = useRef<HTMLAnchorElement>(null);
  const [runs, setRuns] = useState<RunSummary[] | null>(null);
  useEffect(() => {
    const gone = new AbortController();
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      lastRuns(workflow, gone.signal).then(setRuns, () => setRuns([]));
    });
    if (place.current !== null) seen.observe(place.current);
    return () => {
      seen.disconnect();
      gone.abort(new Error("no longer shown"));
    };
  }, [workflow]);
  const counted = countsText(countsOf(runs ?? []));
  return (
    <a class="recent-runs" ref={place} href={hrefOf(pathWith("/runs", { workflow }))} title={counted}>
      {runs?.length === 0 && <span class="soft">none yet</span>}
      {runs !== null && runs.length > 0 && <span class="sr-only">{`The last ${runs.length} runs: ${counted}`}</span>}
      {runs?.map(({ uuid, status }) => (
        <span key={uuid} class={`run-dot mark-${knownStatus(status)}`} />
      ))}
    </a>
  );
}

function countsOf(runs: readonly RunSummary[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of runs) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function lastRuns(workflow: string, signal: AbortSignal): Promise<RunSummary[]> {
  const { items } = await platform.runs.page({ workflow }, { limit: SHOWN, signal });
  return items.toReversed();
}
