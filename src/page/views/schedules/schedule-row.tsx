import { useState } from "preact/hooks";
import type { Schedule } from "../../../schemas/schedule.ts";
import { choose, hrefOf } from "../../address/address.ts";
import { durationText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";
import { cronWords } from "./cron-words.ts";
import { LastRun } from "./last-run.tsx";
import { overlapText } from "./overlaps.ts";

export function ScheduleRow({ schedule, onSwitch }: { schedule: Schedule; onSwitch: () => Promise<void> }) {
  const { id, workflow_id, timezone, next_runs, last_run_id, last_skipped, overlap, paused, backfill } = schedule;
  return (
    <tr>
      <td class="schedule-name">
        <a href={hrefOf(choose({ schedule: id }))}>{id}</a>
        <a class="soft" href={hrefOf(`/workflows/${encodeURIComponent(workflow_id)}`)}>
          {workflow_id}
        </a>
      </td>
      <td class="schedule-when">
        <When schedule={schedule} />
        {!paused && (
          <span class="schedule-next soft">
            next <Time at={next_runs[0] ?? null} />
          </span>
        )}
      </td>
      <td>{timezone}</td>
      <td>{paused ? <span class="soft">paused</span> : <Time at={next_runs[0] ?? null} />}</td>
      <td>
        {last_run_id === null ? <span class="soft">none yet</span> : <LastRun id={last_run_id} />}
        {last_skipped !== null && (
          <span class="schedule-skipped soft">
            skipped <Time at={last_skipped.scheduled_at} />: {last_skipped.reason}
          </span>
        )}
      </td>
      <td>{overlapText(overlap)}</td>
      <td>
        <Switch id={id} isOn={!paused} onSwitch={onSwitch} />
        {backfill !== null && <span class="soft"> backfill under way</span>}
      </td>
    </tr>
  );
}

/** Stays as it was switched while that is asked: a table that is drawn again meanwhile would turn it back. */
function Switch({ id, isOn, onSwitch }: { id: string; isOn: boolean; onSwitch: () => Promise<void> }) {
  const [wanted, setWanted] = useState<boolean | null>(null);
  const change = async (input: HTMLInputElement) => {
    if (wanted !== null) {
      input.checked = wanted;
      return;
    }
    setWanted(!isOn);
    await onSwitch();
    setWanted(null);
  };
  return (
    <label class="schedule-switch">
      <input type="checkbox" checked={wanted ?? isOn} onChange={({ currentTarget }) => void change(currentTarget)} />
      <span class="sr-only">{id} </span>
      {isOn ? "on" : "off"}
    </label>
  );
}

/** When a schedule fires: in words where there are some, and as it is written. */
export function When({ schedule: { cron, every } }: { schedule: Schedule }) {
  if (cron === undefined) return <span>every {typeof every === "number" ? durationText(every * 1000) : every}</span>;
  const words = cronWords(cron);
  return (
    <>
      {words !== null && <span>{words}</span>}
      <code class={words === null ? "" : "soft"}>{cron}</code>
    </>
  );
}
