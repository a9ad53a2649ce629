import { useState } from "preact/hooks";
import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Failed, LoadingRows } from "../../shared/states/states.tsx";
import { Time } from "../../shared/time/time.tsx";
import { AnswerForm } from "./answer-form.tsx";
import { awaitedBy } from "./awaited.ts";
import type { WaitingStep } from "./news.ts";

interface Sent {
  signal: string;
  /** Whether a step took it; it is kept for one otherwise. */
  isDelivered: boolean;
  at: string;
}

/** A form, once it is known what the step takes; after the answer, what was sent. */
export function Answering({ step, onSent }: { step: WaitingStep; onSent: () => void }) {
  const { run, wait, isGone } = step;
  const { workflow, workflow_version: version } = run;
  const [sent, setSent] = useState<Sent | null>(null);
  const reading = useReading(`definition ${workflow.uuid} ${version}`, (signal) =>
    platform.workflows.get(workflow.uuid, { version, signal }),
  );
  const { value, problem } = reading.state.value;
  const link = <a href={hrefOf(`/runs/${run.uuid}`)}>the run</a>;
  if (sent !== null) {
    return (
      <p class="waiting-note" role="status">
        <code>{sent.signal}</code> {sent.isDelivered ? "was sent" : "is kept for the run"} at{" "}
        <Time at={sent.at} day="never" />. What was sent stays on {link}.
      </p>
    );
  }
  if (isGone) {
    return (
      <p class="waiting-note" role="status">
        It waits no more: it was answered elsewhere, or its time is over. See {link}.
      </p>
    );
  }
  if (value === null && problem === null) return <LoadingRows rows={3} label="Loading what it takes" />;
  // Of a workflow that was deleted nothing is known: anything can be sent.
  if (value === null && problem !== null && problem.code !== "workflow_not_found") {
    return <Failed problem={problem} again={() => reading.again()} />;
  }
  const awaited = value === null ? { description: null, schema: null } : awaitedBy(value, wait.address);
  return (
    <>
      {awaited.description !== null && <p class="waiting-about">{awaited.description}</p>}
      <AnswerForm
        step={step}
        schema={awaited.schema}
        onSent={(signal, status) => {
          setSent({ signal, isDelivered: status === "delivered", at: new Date().toISOString() });
          onSent();
        }}
      />
    </>
  );
}
