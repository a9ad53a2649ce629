import type { ComponentType } from "preact";
import { address, choose, go, hrefOf } from "../../../address/address.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { shownStatus } from "../../../data/runs/outline.ts";
import { CopyButton } from "../../../shared/copy/copy-button.tsx";
import { Unread } from "../../../shared/states/states.tsx";
import { Status } from "../../../shared/status/status.tsx";
import { Time, Took } from "../../../shared/time/time.tsx";
import { asOf, attemptsOf, chosenOf } from "../attempts/attempts-of.ts";
import { chosenAttempt } from "../attempts/choice.ts";
import type { ShownRun } from "../shown-run.ts";
import { Attempts } from "./attempts.tsx";
import { StepDefinition } from "./definition.tsx";
import { StepError } from "./error.tsx";
import { Input } from "./input/input.tsx";
import { MapItems } from "./items/items.tsx";
import { Output } from "./output.tsx";
import { Resizer } from "./resizer.tsx";
import { Sent } from "./sent.tsx";
import type { PanelTabProps } from "./tab.ts";

const TABS: [name: string, label: string, tab: ComponentType<PanelTabProps>][] = [
  ["input", "Input", Input],
  ["output", "Output", Output],
  ["error", "Error", StepError],
  ["attempts", "Attempts", Attempts],
  ["definition", "Definition", StepDefinition],
];
const OF_MAPS: typeof TABS = [["items", "Items", MapItems], ...TABS];

/** Bytes: a larger output, and a larger input, is read where it is shown. */
const MOST_BYTES = 64 * 1024;

/** The step that is open, beside the run; on a narrow screen in place of it. */
export function Panel(shown: ShownRun) {
  const step = address.value.query.get("step");
  if (step === null) return null;
  return (
    <>
      <Resizer />
      <aside class="panel" aria-label={`Step ${step}`}>
        <Opened {...shown} address={step} />
      </aside>
    </>
  );
}

function Opened({ address: step, ...shown }: ShownRun & { address: string }) {
  const { run } = shown;
  // What is under way is read again with each change of the run.
  const known = run.steps.find((one) => one.address === step);
  // What one that has not begun will be given is known by and by.
  const before = known?.status === "pending" ? run.steps.filter((one) => one.completed_at !== null).length : 0;
  const key = `step ${run.uuid} ${step} ${known?.status ?? run.status} ${known?.attempts ?? 1} ${before}`;
  const reading = useReading(key, (signal) =>
    platform.runs.handle(run.uuid).step(step, { outputLimit: MOST_BYTES, inputLimit: MOST_BYTES, signal }),
  );
  const { value: whole } = reading.state.value;
  const attempts = whole === null ? [] : attemptsOf(whole, Date.now());
  const attempt = chosenOf(attempts, chosenAttempt());
  const value = whole === null || attempt === null ? whole : asOf(whole, attempt);
  const chosen = address.value.query.get("tab");
  const until = value?.status === "running" ? run.waiting.find((one) => one.address === step)?.until : undefined;
  const isMap = (value ?? known)?.type === "map";
  const tabs = isMap ? OF_MAPS : TABS;
  const usual = value?.status === "failed" ? "error" : isMap ? "items" : "output";
  const [name, , Tab] = tabs.find(([one]) => one === (chosen ?? usual)) ?? tabs[0] ?? [];
  return (
    <>
      <header class="panel-head">
        <div class="panel-title">
          <h2 class="cut" title={step}>
            {step}
          </h2>
          <CopyButton text={step} what="the step's address" />
          <button
            type="button"
            class="quiet panel-close"
            aria-label="Close the step"
            onClick={() => go(choose({ step: null, tab: null, item: null }))}
          >
            ✕
          </button>
        </div>
        {value !== null && (
          <p class="panel-facts">
            <Status status={shownStatus(value.status, run.status)} detail={value.handled ? "handled" : undefined} />
            <span class="soft">{value.type}</span>
            {value.attempts !== undefined && (
              <span>
                {attempt === null ? `${value.attempts} attempts` : `attempt ${attempt.number} of ${value.attempts}`}
              </span>
            )}
            <Time at={value.started_at} milliseconds />
            {until !== undefined && (
              <span>
                until <Time at={until} />
              </span>
            )}
            <Took from={value.started_at} to={value.completed_at} isOpen={value.status === "running"} />
          </p>
        )}
        {value?.type === "webhook" && <Sent {...{ ...shown, attempts, chosen: attempt }} step={value} />}
        <nav class="tabs" aria-label="Of this step">
          {tabs.map(([one, label]) => (
            <a key={one} href={hrefOf(choose({ tab: one }))} aria-current={one === name ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
      </header>
      <div class="panel-body">
        <Unread reading={reading} rows={4} label="Reading the step" />
        {value !== null && Tab !== undefined && <Tab {...{ ...shown, attempts, chosen: attempt }} step={value} />}
      </div>
    </>
  );
}
