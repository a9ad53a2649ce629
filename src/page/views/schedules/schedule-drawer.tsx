import type { ComponentChildren } from "preact";
import type { Schedule } from "../../../schemas/schedule.ts";
import { choose, go, hrefOf } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";
import { JsonViewer } from "../../shared/json/json-viewer.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import { durationText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";
import { BackfillForm } from "./backfill-form.tsx";
import { setPaused } from "./changes.ts";
import { DeleteSchedule } from "./delete-schedule.tsx";
import { NextTimes } from "./next-times.tsx";
import { When } from "./schedule-row.tsx";

const close = () => go(choose({ schedule: null }));

/** A schedule: its next times on both clocks, what it gives its runs, and what can be done now. */
export function ScheduleDrawer({ schedule, onChange }: { schedule: Schedule; onChange: () => void }) {
  const { id, timezone, payload, catch_up, jitter, starts_at, ends_at } = schedule;
  const { run, isBusy, problem } = useDoing(async () => {
    const started = await platform.schedules.run(id);
    go(`/runs/${started.id}`);
  });
  const holding = useDoing(() => setPaused(schedule, !schedule.paused).finally(onChange));
  return (
    <Dialog title={id} isDrawer onClose={close}>
      <div class="schedule-head">
        <p>
          <When schedule={schedule} />
        </p>
        <div class="schedule-actions">
          <a class="button" href={hrefOf(choose({ edit: 1 }))}>
            Edit
          </a>
          <button type="button" onClick={holding.run} disabled={holding.isBusy}>
            {schedule.paused ? "Resume" : "Pause"}
          </button>
          <button type="button" class="primary" onClick={run} disabled={isBusy}>
            Run now
          </button>
        </div>
      </div>
      <ProblemLine problem={problem ?? holding.problem} />
      <h3>Next times</h3>
      <NextTimes times={schedule.next_runs} zone={timezone} />
      <dl class="schedule-facts">
        <dt>Made up after an outage</dt>
        <dd>{catch_up === 0 ? "none" : `the last ${catch_up}`}</dd>
        {jitter !== undefined && (
          <Fact
            name="Later by chance, up to"
            value={typeof jitter === "number" ? durationText(jitter * 1000) : jitter}
          />
        )}
        {starts_at !== undefined && <Fact name="From" value={<Time at={starts_at} day="always" />} />}
        {ends_at !== undefined && <Fact name="Until" value={<Time at={ends_at} day="always" />} />}
      </dl>
      {payload !== undefined && <JsonViewer text={JSON.stringify(payload, null, 2)} label="Payload" />}
      <BackfillForm schedule={schedule} onBegun={onChange} />
      <DeleteSchedule id={id} onDeleted={onChange} />
    </Dialog>
  );
}

function Fact({ name, value }: { name: string; value: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
