import { useState } from "preact/hooks";
import { hrefOf } from "../../address/address.ts";
import { useReading } from "../../data/reading.ts";
import { definitionOf } from "../../data/runs/definition.ts";
import { Unread } from "../states/states.tsx";
import { Time } from "../time/time.tsx";
import { AnswerForm } from "./answer-form.tsx";
import { type Awaiting, awaitedBy } from "./awaited.ts";

interface Sent {
  signal: string;
  /** Whether a step took it; it is kept for one otherwise. */
  isDelivered: boolean;
  at: string;
}

interface AnsweringProps {
  step: Awaiting;
  /** It went on without this answer. */
  isGone?: boolean;
  onSent: () => void;
}

/** A form, once it is known what the step takes; after the answer, what was sent. */
export function Answering({ step, isGone = false, onSent }: AnsweringProps) {
  const { run, workflow, version, address } = step;
  const [sent, setSent] = useState<Sent | null>(null);
  const reading = useReading(`definition ${workflow} ${version}`, (signal) =>
    definitionOf({ run, workflow, version }, signal),
  );
  const { value } = reading.state.value;
  const link = <a href={hrefOf(`/runs/${run}`)}>the run</a>;
  if (sent !== null) {
    return (
      <p class="answer-note" role="status">
        <code>{sent.signal}</code> {sent.isDelivered ? "was sent" : "is kept for the run"} at{" "}
        <Time at={sent.at} day="never" />. What was sent stays on {link}.
      </p>
    );
  }
  if (isGone) {
    return (
      <p class="answer-note" role="status">
        It waits no more: it was answered elsewhere, or its time is over. See {link}.
      </p>
    );
  }
  if (value === null) {
    return <Unread reading={reading} rows={3} label="Loading what it takes" />;
  }
  const awaited = awaitedBy(value.definition, address);
  return (
    <>
      {awaited.description !== null && <p class="answer-about">{awaited.description}</p>}
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
