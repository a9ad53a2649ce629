/** What stands where there is nothing to show yet: loading, none, and could not ask look different. */
import type { ComponentChildren } from "preact";
import { ConnectionError } from "../../../client/errors.ts";
import { hrefOf } from "../../address/address.ts";
import { type Problem, problemOf } from "../../data/problem.ts";
import type { Reading } from "../../data/reading.ts";
import { CopyButton } from "../copy/copy-button.tsx";

/** There is nothing: why, and what can be done. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Rows in the size of those that come. Never a word of "none" before the answer is there. */
export function LoadingRows({ rows = 12, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div class="loading" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div class="loading-row" key={index}>
          <span style={{ width: `${8 + ((index * 7) % 5)}%` }} />
          <span style={{ width: `${20 + ((index * 11) % 17)}%` }} />
          <span style={{ width: `${10 + ((index * 5) % 9)}%` }} />
        </div>
      ))}
    </div>
  );
}

/** In place of what is not read yet: it is being read, or could not be. Nothing once it was. */
export function Unread({ reading, ...rows }: { reading: Reading<unknown>; rows?: number; label: string }) {
  const { value, problem } = reading.state.value;
  if (value !== null) return null;
  return problem === null ? <LoadingRows {...rows} /> : <Failed problem={problem} again={() => reading.again()} />;
}

/** The request was refused or failed: what the answer says, and the id that the operator's log has. */
export function Failed({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <section class="empty failed-state" role="alert">
      <h2>{problem.isOutage ? "Could not ask" : "This did not work"}</h2>
      <p>{problem.text}</p>
      {problem.requestId !== null && (
        <p class="soft">
          <RequestId problem={problem} />
        </p>
      )}
      {again !== undefined && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </section>
  );
}

/** What an operator finds the log lines by, where the platform itself failed. */
function RequestId({ problem: { requestId } }: { problem: Problem }) {
  return requestId === null ? null : (
    <span class="request-id">
      Request <code>{requestId}</code> <CopyButton text={requestId} what="the request's id" />
    </span>
  );
}

/** What went wrong with something that was asked for; nothing where all is well. */
export function ProblemLine({ problem }: { problem: Problem | null }) {
  return problem === null ? null : (
    <p class="problem" role="alert">
      {problem.text} <RequestId problem={problem} />
    </p>
  );
}

/** A part of a view that could not be read, in one line: why, and a way to try again. */
export function NotRead({ what, problem, again }: { what: string; problem: Problem; again: () => void }) {
  return (
    <p class="not-read" role="alert">
      <span>
        {what} could not be read: {problem.text} <RequestId problem={problem} />
      </span>
      <button type="button" onClick={again}>
        Try again
      </button>
    </p>
  );
}

const NOT_LOADED = problemOf(new ConnectionError("This part of the page could not be loaded"));

/** What is loaded when it is needed could not be. Not every browser asks for it again: it does with the page. */
export function PartMissing() {
  return <Failed problem={NOT_LOADED} again={() => location.reload()} />;
}

export function NoSuchView() {
  return (
    <Empty title="There is no such page">
      <p>
        The address leads nowhere. <a href={hrefOf("/")}>Home</a> · <a href={hrefOf("/runs")}>Runs</a>
      </p>
    </Empty>
  );
}
