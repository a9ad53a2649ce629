import { useEffect, useRef, useState } from "preact/hooks";
import type { RunSummary } from "../../../schemas/run-summary.ts";
import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { knownStatus } from "../../shared/status/statuses.ts";

const SHOWN = 20;

/** The last runs of a workflow, oldest first, each a link. They are read once the row is in view. */
export function RecentRuns({ workflow }: { workflow: string }) {
  const place = useRef<HTMLSpanElement>(null);
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
  return (
    <span class="recent-runs" ref={place}>
      {runs?.length === 0 && <span class="soft">none yet</span>}
      {runs?.map(({ uuid, status }) => (
        <a key={uuid} class={`run-dot mark-${knownStatus(status)}`} href={hrefOf(`/runs/${uuid}`)} title={status}>
          <span class="sr-only">{`Run, ${status}`}</span>
        </a>
      ))}
    </span>
  );
}

async function lastRuns(workflow: string, signal: AbortSignal): Promise<RunSummary[]> {
  const { items } = await platform.runs.page({ workflow }, { limit: SHOWN, signal });
  return items.toReversed();
}
