import { choose, hrefOf } from "../../address/address.ts";
import { StatusMark } from "../../shared/status/status.tsx";
import type { WaitingStep } from "./news.ts";
import { TimesOut, Waited } from "./waited.tsx";

/** A row for each step that waits. */
export function WaitingList({ steps, chosen }: { steps: WaitingStep[]; chosen: string | null }) {
  return (
    <table class="table waiting-table">
      <caption class="sr-only">Steps that wait for a signal, oldest first</caption>
      <thead>
        <tr>
          <th>Workflow, step</th>
          <th>Signals</th>
          <th>Waits</th>
          <th>Times out</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <Row key={step.key} step={step} isChosen={step.key === chosen} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ step: { run, wait, isGone }, isChosen }: { step: WaitingStep; isChosen: boolean }) {
  const { workflow, workflow_version, status, uuid } = run;
  const name = workflow.name ?? workflow.uuid;
  const signals = wait.signals.join(" · ");
  return (
    <tr class={`${isChosen ? "is-chosen" : ""} ${isGone ? "is-gone" : ""}`}>
      <td>
        <span class="waiting-name">
          <a
            class="waiting-link row-link cut"
            title={name}
            href={hrefOf(choose({ run: uuid, step: wait.address }))}
            aria-current={isChosen ? "true" : undefined}
          >
            {name}
          </a>
          <span class="soft number">v{workflow_version}</span>
        </span>
        <code class="waiting-address cut soft" title={wait.address}>
          {wait.address}
        </code>
      </td>
      <td class="cut soft" title={signals}>
        {signals}
      </td>
      <td>
        {isGone ? "went on" : <Waited since={wait.since} />}
        {status === "paused" && !isGone && (
          <span class="waiting-paused">
            <StatusMark status="paused" /> paused
          </span>
        )}
      </td>
      <td>
        <TimesOut until={wait.until} />
      </td>
    </tr>
  );
}
