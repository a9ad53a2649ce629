import type { ComponentChildren } from "preact";
import type { Waiting } from "../../../schemas/runs/waiting.ts";
import { choose, hrefOf } from "../../address/address.ts";
import { StatusMark } from "../../shared/status/status.tsx";
import { Time } from "../../shared/time/time.tsx";
import type { ShownRun } from "./shown-run.ts";
import { stepHref } from "./step-link.tsx";

/** The first line, which people come for: what failed, or what it waits for. */
export function Why({ run }: ShownRun) {
  const lines = linesOf(run);
  return lines.length === 0 ? null : <div class="run-why">{lines}</div>;
}

function linesOf(run: ShownRun["run"]) {
  const { status, error, error_details, phase, cancel_reason, compensation, start_at, waiting } = run;
  const lines = [];
  if (error !== null) {
    lines.push(
      <Line key="error" status={status} link={error_details && stepHref(error_details.step, "error")}>
        <span class="run-error-text">{error}</span>
      </Line>,
    );
  }
  if (cancel_reason !== undefined)
    lines.push(
      <Line key="reason" status="cancelled">
        Reason: {cancel_reason}
      </Line>,
    );
  if (phase !== undefined)
    lines.push(
      <Line key="phase" status="running">
        {PHASES[phase] ?? phase}
      </Line>,
    );
  if (status === "paused")
    lines.push(
      <Line key="paused" status="paused">
        It stands still until it is resumed
      </Line>,
    );
  if (status === "pending") {
    const at = start_at === undefined ? null : <Time at={start_at} />;
    lines.push(
      <Line key="pending" status="pending">
        {at === null ? "Waits for its turn" : <>Starts at {at}</>}
      </Line>,
    );
  }
  for (const one of waiting) {
    const since = run.steps.find((step) => step.address === one.address)?.started_at ?? null;
    lines.push(<Waits key={`waits ${one.address}`} waiting={one} since={since} />);
  }
  if (compensation !== undefined) {
    const { done, failed } = compensation;
    const undone = `${done} ${done === 1 ? "step was" : "steps were"} undone`;
    lines.push(
      <Line key="undone" status={failed.length > 0 ? "failed" : "skipped"}>
        {failed.length > 0 ? `${undone}, ${failed.length} could not be: ${failed.slice(0, 5).join(", ")}` : undone}
      </Line>,
    );
  }
  return lines;
}

const PHASES: Record<string, string> = {
  cancelling: "It is being cancelled: what is under way is called off",
  compensating: "What succeeded is being undone",
  pausing: "It will stand still once what is under way is over",
};

/** @param since null where it is not known, as of a step within a map */
function Waits({ waiting, since }: { waiting: Waiting; since: string | null }) {
  const { address, kind, until, run_id, signals } = waiting;
  const isTimed = kind === "delay" || kind === "retry";
  const what = {
    delay: <>sleeps</>,
    retry: <>waits for its next attempt</>,
    signal: (
      <>
        waits for signal{" "}
        {signals?.map((name) => (
          <code key={name}>{name} </code>
        ))}
      </>
    ),
    child:
      run_id === undefined ? (
        <>waits for another run</>
      ) : (
        <>
          waits for <a href={hrefOf(`/runs/${run_id}`)}>its child</a>
        </>
      ),
  }[kind];
  return (
    <Line status="running">
      <a href={hrefOf(choose({ step: address }))}>{address}</a> {what}
      {since !== null && !isTimed && (
        <>
          {" "}
          since <Time at={since} />
        </>
      )}
      {until !== undefined && (
        <>
          {since !== null && !isTimed && ","} {kind === "retry" ? "at" : "until"} <Time at={until} />
          {!isTimed && " at the latest"}
        </>
      )}
    </Line>
  );
}

interface LineProps {
  status: string;
  /** Where the step is open. */
  link?: string | undefined;
  children: ComponentChildren;
}

function Line({ status, link, children }: LineProps) {
  return (
    <p class={`run-why-line why-${status}`}>
      <StatusMark status={status} />
      <span>{children}</span>
      {link !== undefined && (
        <a class="run-why-link" href={link}>
          Open the step
        </a>
      )}
    </p>
  );
}
