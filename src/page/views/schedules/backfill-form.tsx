import { useState } from "preact/hooks";
import type { BackfillTicks, Schedule } from "../../../schemas/schedule.ts";
import { announce } from "../../announce.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { ProblemLine } from "../../shared/states/states.tsx";
import { Time } from "../../shared/time/time.tsx";

/** Fires the ticks of a time that is past, counted first. */
export function BackfillForm({ schedule, onBegun }: { schedule: Schedule; onBegun: () => void }) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [counted, setCounted] = useState<BackfillTicks | null>(null);
  const [isBegun, setIsBegun] = useState(false);
  const {
    run: ask,
    isBusy,
    problem,
  } = useDoing(async (dry_run: boolean) => {
    try {
      const ticks = await platform.schedules.backfill(schedule.id, { from, to, dry_run });
      setCounted(ticks);
      if (dry_run) return;
      setIsBegun(true);
      announce(`Backfill of ${ticks.count} begun`);
      onBegun();
    } catch (error) {
      setCounted(null);
      throw error;
    }
  });
  const change = (set: (text: string) => void) => (event: { currentTarget: HTMLInputElement }) => {
    set(event.currentTarget.value);
    setCounted(null);
    setIsBegun(false);
  };
  return (
    <form
      class="backfill"
      onSubmit={(event) => {
        event.preventDefault();
        void ask(counted === null || counted.count === 0);
      }}
    >
      <h3>Backfill</h3>
      <p class="soft">
        Starts the runs that a time that is past would have had; they run one after the other unless runs may overlap.
      </p>
      <label class="form-field">
        From
        <input type="text" placeholder="2026-11-01T00:00:00Z" value={from} onInput={change(setFrom)} />
      </label>
      <label class="form-field">
        To, which is not in it
        <input type="text" placeholder="2026-11-08T00:00:00Z" value={to} onInput={change(setTo)} />
      </label>
      {counted !== null && !isBegun && (
        <p role="status">
          {counted.count === 0 ? "No time of it is in there." : <>{counted.count.toLocaleString("en")} runs, from </>}
          {counted.first !== null && <Time at={counted.first} day="always" />}
          {counted.last !== null && (
            <>
              {" "}
              to <Time at={counted.last} day="always" />
            </>
          )}
        </p>
      )}
      {isBegun && <p role="status">Begun: {counted?.count.toLocaleString("en")} runs.</p>}
      <ProblemLine problem={problem} />
      <div class="dialog-foot">
        <button
          type="submit"
          class={counted !== null && counted.count > 0 ? "primary" : ""}
          disabled={isBusy || isBegun}
        >
          {counted === null || counted.count === 0 ? "Count them" : `Start ${counted.count.toLocaleString("en")} runs`}
        </button>
      </div>
    </form>
  );
}
