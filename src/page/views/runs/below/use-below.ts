/** Rows that change and that nobody tells of: the stream follows the newest runs of a list that is at its top. */
import { useEffect, useRef } from "preact/hooks";
import type { RunSummary } from "../../../../schemas/runs/run-summary.ts";
import { answered, outage } from "../../../data/outage.ts";
import { platform } from "../../../data/platform.ts";
import { live } from "../../../live/live.ts";
import type { RunRows } from "../rows.ts";
import { MOST_ASKED, untold } from "./untold.ts";

/** Of the newest that are followed: see docs/events.md. */
const FOLLOWED = 200;
const ASKING_MILLISECONDS = 2000;

/**
 * Asks now and then for those of the rows in view that nobody tells of, unless live is paused or the page is not seen.
 *
 * @param isFollowed whether the list has a stream
 */
export function useBelow(rows: RunRows, shown: readonly RunSummary[], isFollowed: boolean): void {
  const latest = useRef(shown);
  latest.current = shown;
  useEffect(() => {
    const asked = new AbortController();
    let isAsking = false;
    const ask = async () => {
      if (isAsking || live.peek().is === "paused" || document.hidden || outage.peek() !== null) return;
      const isAtTop = isFollowed && !rows.hasNewer.peek();
      const followed = isAtTop ? rows.rows.peek().slice(0, FOLLOWED) : [];
      const uuid = untold(latest.current, new Set(followed.map((run) => run.uuid)));
      if (uuid.length === 0) return;
      isAsking = true;
      try {
        const { items } = await platform.runs.page({ uuid }, { limit: MOST_ASKED, signal: asked.signal });
        answered();
        for (const run of items) rows.change(run);
      } catch {
        // It is asked again soon; what else the list reads says what is the matter.
      }
      isAsking = false;
    };
    const timer = setInterval(ask, ASKING_MILLISECONDS);
    return () => {
      clearInterval(timer);
      asked.abort(new Error("no longer shown"));
    };
  }, [rows, isFollowed]);
}
