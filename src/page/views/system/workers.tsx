import type { System } from "../../../schemas/system.ts";
import { Time } from "../../shared/time/time.tsx";

/** The processes that execute runs. */
export function Workers({ workers }: { workers: System["workers"] }) {
  if (!workers) return <p class="soft">The database can't be asked.</p>;
  if (workers.length === 0) return <p class="problem">None: runs wait until one is started.</p>;
  return (
    <ul class="parts">
      {workers.map(({ id, version, started_at, runs }) => (
        <li key={id} class="part">
          <span class="part-name number" title={id}>
            {id.slice(-12)}
          </span>
          {version !== null && <span>version {version}</span>}
          {started_at !== null && (
            <span class="soft">
              since <Time at={started_at} />
            </span>
          )}
          {runs !== null && <span class="number">{runs === 1 ? "1 run" : `${runs.toLocaleString("en")} runs`}</span>}
        </li>
      ))}
    </ul>
  );
}
