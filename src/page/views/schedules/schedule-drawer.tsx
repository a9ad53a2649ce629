import type { Schedule } from "../../../schemas/schedule.ts";
import { choose, go } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { JsonViewer } from "../../shared/json/json-viewer.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import { offsetText, zonedText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";
import { BackfillForm } from "./backfill-form.tsx";
import { When } from "./schedule-row.tsx";

const close = () => go(choose({ schedule: null }));

/** A schedule: its next times on both clocks, what it gives its runs, and what can be done now. */
export function ScheduleDrawer({ schedule, onChange }: { schedule: Schedule; onChange: () => void }) {
  const { id, timezone, payload, catch_up, jitter, starts_at, ends_at } = schedule;
  const { run, isBusy, problem } = useDoing(async () => {
    const started = await platform.schedules.run(id);
    go(`/runs/${started.id}`);
  });
  return (
    <Dialog title={id} isDrawer onClose={close}>
      <div class="schedule-head">
        <p>
          <When schedule={schedule} />
        </p>
        <button type="button" class="primary" onClick={run} disabled={isBusy}>
          Run now
        </button>
      </div>
      <ProblemLine problem={problem} />
      <h3>Next times</h3>
      <NextTimes times={schedule.next_runs} zone={timezone} />
      <dl class="schedule-facts">
        <dt>Made up after an outage</dt>
        <dd>{catch_up === 0 ? "none" : `the last ${catch_up}`}</dd>
        {jitter !== undefined && <Fact name="Later by chance, up to" value={String(jitter)} />}
        {starts_at !== undefined && <Fact name="From" value={starts_at} />}
        {ends_at !== undefined && <Fact name="Until" value={ends_at} />}
      </dl>
      {payload !== undefined && <JsonViewer text={JSON.stringify(payload, null, 2)} label="Payload" />}
      <BackfillForm schedule={schedule} onBegun={onChange} />
    </Dialog>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

/** Times on the clocks of the schedule, and as the reader wants them; where the clocks have changed between two, it is said. */
function NextTimes({ times, zone }: { times: readonly string[]; zone: string }) {
  if (times.length === 0) return <p class="soft">None: it is paused, or its end is past.</p>;
  const offsets = times.map((at) => offsetText(new Date(at), zone));
  return (
    <ol class="next-times">
      {times.map((at, index) => (
        <li key={at}>
          <span class="number">{zonedText(new Date(at), zone)}</span>
          <span class="soft">
            <Time at={at} day="always" />
          </span>
          {index > 0 && offsets[index] !== offsets[index - 1] && (
            <span class="clocks-change">
              clocks change: {offsets[index - 1]} to {offsets[index]}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
