import type { Stats, Window } from "../../../schemas/lists/stats.ts";
import type { System } from "../../../schemas/system.ts";
import { choose, go, hrefOf, pathWith } from "../../address/address.ts";
import { outage } from "../../data/outage.ts";
import type { ReadingState } from "../../data/reading.ts";
import { boundedText } from "../../shared/bounded.ts";
import { durationText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";
import { Chart } from "./chart.tsx";
import { WINDOWS } from "./window.ts";

const HELD = "Workers are at them now; their list has those that sleep or wait as well";

interface NumbersProps {
  state: ReadingState<Stats>;
  /** Null where it is not known. */
  queue: System["queue"];
  window: Window;
}

/** How many runs ended, and how, and how many are under way; each number leads to these runs. */
export function Numbers({ state: { value, problem, at }, queue, window }: NumbersProps) {
  const total = value?.total ?? null;
  const ended = total === null ? null : total.success + total.failed + total.cancelled;
  const share = total === null || !ended ? "" : `(${percent(total.failed / ended)})`;
  const link = (status: string) => hrefOf(pathWith("/runs", { status, from: `-${window}` }));
  const all = link("success,failed,cancelled");
  const oldest = (status: string) => hrefOf(pathWith("/runs", { status, order: "asc" }));
  return (
    <section class="numbers" aria-label="Numbers">
      {outage.value !== null && at !== null && (
        <p class="soft numbers-old">
          The last that is known, from <Time at={new Date(at).toISOString()} />
        </p>
      )}
      <div class="numbers-line">
        <select
          aria-label="Over which time"
          value={window}
          onChange={({ currentTarget }) => go(choose({ window: currentTarget.value }))}
        >
          {WINDOWS.map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
        <Figure name="ended" count={ended} href={all} />
        <Figure name="failed" count={total?.failed ?? null} href={link("failed")} status="failed" more={share} />
        <Figure name="cancelled" count={total?.cancelled ?? null} href={link("cancelled")} />
        <Figure name="made" count={total?.created ?? null} href={link("")} />
        <TimeTaken name="p50" seconds={total?.took?.p50_seconds} about="Half of the runs took no longer" href={all} />
        <TimeTaken name="p95" seconds={total?.took?.p95_seconds} about="95 of 100 runs took no longer" href={all} />
        {queue !== null && (
          <>
            <Figure name="running" count={queue.running} href={hrefOf("/runs?status=running")} about={HELD} />
            <Figure name="asleep" count={queue.asleep} href={oldest("running")} isBounded />
            <Figure name="late" count={queue.due} href={oldest("pending,running")} status="paused" isBounded />
          </>
        )}
      </div>
      {value !== null && <Chart stats={value} />}
      {value === null && problem !== null && <p class="soft">No numbers: {problem.text}</p>}
    </section>
  );
}

interface FigureProps {
  name: string;
  /** Null until it is known. */
  count: number | null;
  href: string;
  status?: string;
  more?: string;
  about?: string;
  /** It is counted up to a bound. */
  isBounded?: true;
}

function Figure({ name, count, href, status, more = "", about, isBounded }: FigureProps) {
  const tone = status !== undefined && count !== null && count > 0 ? ` status-${status}` : "";
  return (
    <a class={`figure${tone}`} href={href} title={about}>
      <strong class="number">
        {count === null ? "–" : isBounded ? boundedText(count) : count.toLocaleString("en")}
      </strong>{" "}
      {name}
      {more !== "" && <span class="soft figure-more"> {more}</span>}
    </a>
  );
}

interface TimeTakenProps {
  name: string;
  seconds: number | undefined;
  about: string;
  /** Where the runs are that it is of. */
  href: string;
}

/** Nothing where it is known of no run. */
function TimeTaken({ name, seconds, about, href }: TimeTakenProps) {
  if (seconds === undefined) return null;
  return (
    <a class="figure figure-time" href={href} title={about}>
      {name} <strong class="number">{durationText(seconds * 1000)}</strong>
    </a>
  );
}

function percent(share: number): string {
  if (share > 0 && share < 0.0001) return "< 0.01 %";
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}
