import type { System } from "../../../schemas/system.ts";
import { durationText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";

/** What executes runs. */
export function Workers({ workers }: { workers: System["workers"] }) {
  if (!workers) return <p class="soft">The database can't be asked.</p>;
  if (workers.length === 0) return <p class="problem">None: runs wait until one is started.</p>;
  return (
    <ul class="parts">
      {workers.map(({ runs, ...worker }) => (
        <Process key={worker.id} {...worker} underWay={runs} unit="run" />
      ))}
    </ul>
  );
}

/** What serves the API and this page. */
export function Apis({ apis }: { apis: System["apis"] }) {
  if (!apis) return <p class="soft">The database can't be asked.</p>;
  // The one that answers tells of itself within a moment of its start.
  if (apis.length === 0) return <p class="soft">None has told of itself yet.</p>;
  return (
    <ul class="parts">
      {apis.map(({ requests, ...api }) => (
        <Process key={api.id} {...api} underWay={requests} unit="request" />
      ))}
    </ul>
  );
}

interface ProcessProps {
  id: string;
  version: string | null;
  host: string | null;
  started_at: string | null;
  event_loop_ms: number | null;
  underWay: number | null;
  /** Of what is under way. */
  unit: string;
}

function Process({ id, version, host, started_at, event_loop_ms: late, underWay, unit }: ProcessProps) {
  return (
    <li class="part part-process">
      <span class="part-name number" title={id}>
        {host ?? id.slice(-12)}
      </span>
      {version !== null && <span>version {version}</span>}
      {started_at !== null && (
        <span class="soft">
          since <Time at={started_at} />
        </span>
      )}
      {underWay !== null && (
        <span class="number">
          {underWay.toLocaleString("en")} {underWay === 1 ? unit : `${unit}s`}
        </span>
      )}
      {late !== null && (
        <span class="number soft" title="Its timers, at most in the ten seconds before it last told">
          late by {durationText(late)}
        </span>
      )}
    </li>
  );
}
