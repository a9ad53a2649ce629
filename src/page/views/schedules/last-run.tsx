import { useEffect, useRef, useState } from "preact/hooks";
import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { Status } from "../../shared/status/status.tsx";

/** How the last run of a schedule stands. It is read once its row is in view. */
export function LastRun({ id }: { id: string }) {
  const place = useRef<HTMLAnchorElement>(null);
  const [status, setStatus] = useState<string | null>(null);
  useEffect(() => {
    const gone = new AbortController();
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      seen.disconnect();
      platform.runs
        .handle(id)
        .outline({ signal: gone.signal })
        .then(
          (run) => setStatus(run.status),
          // It was removed by its age: the link says so.
          () => {},
        );
    });
    if (place.current !== null) seen.observe(place.current);
    return () => {
      seen.disconnect();
      gone.abort(new Error("no longer shown"));
    };
  }, [id]);
  return (
    <a href={hrefOf(`/runs/${id}`)} ref={place} class="last-run">
      {status === null ? `run ${id.slice(0, 8)}…` : <Status status={status} />}
    </a>
  );
}
