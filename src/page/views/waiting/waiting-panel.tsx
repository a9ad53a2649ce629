import { choose, hrefOf, pathWith } from "../../address/address.ts";
import { Answering } from "../../shared/answer/answering.tsx";
import { Time } from "../../shared/time/time.tsx";
import type { WaitingStep } from "./news.ts";
import { RunPayload } from "./run-payload.tsx";
import { Waited } from "./waited.tsx";

/** The step that is open: what it waits for, and a form for each answer. */
export function WaitingPanel({ step, onSent }: { step: WaitingStep | null; onSent: () => void }) {
  if (step === null) {
    return (
      <aside class="waiting-panel is-empty soft" aria-label="Answer">
        Choose a step to answer it.
      </aside>
    );
  }
  const { run, wait, isGone } = step;
  const { workflow, workflow_version } = run;
  return (
    <aside class="waiting-panel" aria-labelledby="waiting-title">
      <header class="waiting-panel-head">
        <h2 id="waiting-title">{wait.address}</h2>
        <a
          class="waiting-close"
          href={hrefOf(choose({ run: null, step: null }))}
          aria-label="Close"
          title="Close (Esc)"
        >
          ✕
        </a>
      </header>
      <dl class="facts">
        <dt>Workflow</dt>
        <dd>
          <a href={hrefOf(`/workflows/${workflow.uuid}`)}>{workflow.name ?? workflow.uuid}</a>{" "}
          <span class="soft">v{workflow_version}</span>{" "}
          <a class="waiting-only" href={hrefOf(choose({ workflow: workflow.uuid }))}>
            only this
          </a>
        </dd>
        <dt>Run</dt>
        <dd>
          <a class="mono" href={hrefOf(pathWith(`/runs/${run.uuid}`, { step: wait.address }))}>
            {run.uuid}
          </a>
        </dd>
        <dt>Since</dt>
        <dd>
          <Time at={wait.since} day="always" />{" "}
          {!isGone && (
            <span class="soft waiting-so-long">
              (<Waited since={wait.since} />)
            </span>
          )}
        </dd>
        <dt>{wait.signals.length === 1 ? "Signal" : "Signals"}</dt>
        <dd class="mono">{wait.signals.join(", ")}</dd>
        <dt>Times out</dt>
        <dd>{wait.until === undefined ? "never" : <Time at={wait.until} day="always" />}</dd>
      </dl>
      {run.status === "paused" && (
        <p class="answer-note">The run stands still. What is sent is kept, and taken when it goes on.</p>
      )}
      <RunPayload run={run.uuid} />
      <Answering
        step={{
          run: run.uuid,
          workflow: workflow.uuid,
          version: workflow_version,
          address: wait.address,
          signals: wait.signals,
        }}
        isGone={isGone}
        onSent={onSent}
      />
    </aside>
  );
}
