/** What stands where there is nothing to show yet: loading, none, and could not ask look different. */
import type { ComponentChildren } from "preact";
import { hrefOf } from "../../address/address.ts";
import type { Problem } from "../../data/problem.ts";
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

/** The request was refused or failed: what the answer says, and the id that the operator's log has. */
export function Failed({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <section class="empty failed-state" role="alert">
      <h2>{problem.isOutage ? "Could not ask" : "This did not work"}</h2>
      <p>{problem.text}</p>
      {problem.requestId !== null && (
        <p class="soft">
          Request <code>{problem.requestId}</code> <CopyButton text={problem.requestId} what="the request's id" />
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

/** What went wrong with something that was asked for; nothing where all is well. */
export function ProblemLine({ problem }: { problem: Problem | null }) {
  return problem === null ? null : (
    <p class="problem" role="alert">
      {problem.text}
    </p>
  );
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
