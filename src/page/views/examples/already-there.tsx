import { hrefOf } from "../../address/address.ts";
import type { Start } from "./starts.ts";

interface AlreadyThereProps {
  id: string;
  /** Null of an example that is started by a trigger. */
  by: Start["by"] | null;
  /** The id of what starts it; null where nothing does. */
  start: string | null;
}

/** Why nothing was made. */
export function AlreadyThere({ id, by, start }: AlreadyThereProps) {
  return (
    <span role="status">
      There is a workflow <a href={hrefOf(`/workflows/${id}`)}>{id}</a> already
      {by === "schedule" && start !== null && (
        <>
          , and a schedule <a href={hrefOf(`/schedules?schedule=${encodeURIComponent(start)}`)}>{start}</a> that starts
          it
        </>
      )}
      {by === "hook" && start !== null && (
        <>
          , and a hook that starts it. Its address is told once; <code>POST /api/v1/hooks/{start}/rotate</code> gives
          another
        </>
      )}
    </span>
  );
}
