import { TextField } from "../../../shared/form/text-field.tsx";
import { cronWords } from "../cron-words.ts";
import type { PartProps } from "./schedule-names.tsx";

const ZONES = Intl.supportedValuesOf("timeZone");

/** When a schedule fires: by a cron pattern, said in words, or each time that a length has passed; and in which zone. */
export function ScheduleTiming({ written, faults, change }: PartProps) {
  const { by, cron, every, timezone } = written;
  return (
    <>
      <fieldset class="schedule-timing">
        <legend>When</legend>
        <label>
          <input type="radio" name="by" checked={by === "cron"} onChange={() => change({ by: "cron" })} /> cron
        </label>
        <input
          type="text"
          class="mono"
          aria-label="Cron pattern"
          aria-invalid={faults.has("cron")}
          disabled={by !== "cron"}
          placeholder="minute hour day month weekday"
          value={cron}
          onInput={({ currentTarget }) => change({ cron: currentTarget.value })}
        />
        {by === "cron" && <p class="soft">{cronWords(cron) ?? "Said best as it is written"}</p>}
        {faults.has("cron") && <span class="form-fault">{faults.get("cron")}</span>}
        <label>
          <input type="radio" name="by" checked={by === "every"} onChange={() => change({ by: "every" })} /> every
        </label>
        <input
          type="text"
          aria-label="Seconds, or a duration"
          aria-invalid={faults.has("every")}
          disabled={by !== "every"}
          placeholder="seconds, or a duration such as PT15M"
          value={every}
          onInput={({ currentTarget }) => change({ every: currentTarget.value })}
        />
        {faults.has("every") && <span class="form-fault">{faults.get("every")}</span>}
      </fieldset>
      <TextField
        {...{ label: "Time zone", place: "timezone", faults, value: timezone, list: "schedule-zones" }}
        onText={(zone) => change({ timezone: zone })}
      />
      <datalist id="schedule-zones">
        {["UTC", ...ZONES].map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
