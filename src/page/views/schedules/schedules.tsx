import type { Schedule } from "../../../schemas/schedule.ts";
import { address, choose, go, hrefOf, root } from "../../address/address.ts";
import { collect } from "../../data/collect.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { useWalk } from "../../keys/walk.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { Empty, ProblemLine, Unread } from "../../shared/states/states.tsx";
import { setPaused } from "./changes.ts";
import { ScheduleForm } from "./form/schedule-form.tsx";
import { ScheduleDrawer } from "./schedule-drawer.tsx";
import { ScheduleRow } from "./schedule-row.tsx";
import { WeekStrip } from "./week-strip.tsx";

const PAGE = 100;

/** What starts runs at times. */
export function Schedules() {
  const { query } = address.value;
  const wanted = Math.max(PAGE, Number(query.get("show")) || PAGE);
  const reading = useReading(`schedules ${wanted}`, (signal) => collect(platform.schedules.list({ signal }), wanted));
  const { value } = reading.state.value;
  const items = value?.items ?? [];
  useWalk(".schedule-name a:first-child", "schedule");
  const chosen = items.find(({ id }) => id === query.get("schedule"));
  const { run: change, problem: refused } = useDoing((schedule: Schedule) =>
    setPaused(schedule, !schedule.paused).finally(() => reading.again()),
  );
  const closed = { new: null, edit: null, workflow: null };
  const dialog = {
    onClose: () => go(choose(closed)),
    onSaved(saved: Schedule) {
      void reading.again();
      go(choose({ ...closed, schedule: saved.id }), { replaces: true });
    },
  };
  return (
    <div class="page-pad">
      <div class="view-head">
        <h1>Schedules</h1>
        <a class="button primary" href={hrefOf(choose({ schedule: null, new: 1 }))}>
          New schedule
        </a>
      </div>
      <Unread reading={reading} label="Loading schedules" />
      <ProblemLine problem={refused} />
      {value !== null && items.length === 0 && <NoSchedules />}
      {items.length > 0 && <WeekStrip schedules={items} />}
      {items.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <section class="table-scroll" tabIndex={0} aria-label="Schedules">
          <table class="table schedules">
            <thead>
              <tr>
                <th>Schedule</th>
                <th>When</th>
                <th>Zone</th>
                <th>Next</th>
                <th>Last run</th>
                <th>While one runs</th>
                <th>Fires</th>
              </tr>
            </thead>
            <tbody>
              {items.map((schedule) => (
                <ScheduleRow key={schedule.id} schedule={schedule} onSwitch={() => change(schedule)} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {value?.hasMore && (
        <p class="table-foot">
          <a class="button" href={hrefOf(choose({ show: wanted + PAGE }))}>
            Show more
          </a>
        </p>
      )}
      {query.has("new") && (
        <ScheduleForm
          {...{ ...dialog, title: "New schedule", name: "Make the schedule", schedule: null }}
          begin={{ workflow: query.get("workflow") ?? "" }}
          save={(input) => platform.schedules.create(input)}
        />
      )}
      {chosen !== undefined &&
        (query.has("edit") ? (
          <ScheduleForm
            {...{ ...dialog, title: `Edit ${chosen.id}`, name: "Save", schedule: chosen }}
            save={(input) => platform.schedules.replace(chosen.id, input)}
          />
        ) : (
          <ScheduleDrawer schedule={chosen} onChange={() => void reading.again()} />
        ))}
    </div>
  );
}

const EXAMPLE = `curl -X POST '${root.href}api/v1/schedules' -H 'content-type: application/json' \\
  -d '{"id": "nightly", "workflow_id": "hello", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}'`;

function NoSchedules() {
  return (
    <Empty title="No schedules yet">
      <p>
        A schedule starts runs of a workflow by a cron pattern or an interval, in a time zone. Make one here, or so:
      </p>
      <pre>{EXAMPLE}</pre>
      <CopyButton text={EXAMPLE} what="the command" />
    </Empty>
  );
}
