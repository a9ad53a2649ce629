import type { ComponentChildren } from "preact";
import { hrefOf } from "../../address/address.ts";
import type { Problem } from "../../data/problem.ts";
import { Empty, Failed } from "./states.tsx";

/** What was asked for is of a workflow that is not there. @param children another way on */
export function NoSuchWorkflow({ id, children }: { id: string; children?: ComponentChildren }) {
  return (
    <Empty title={`No workflow has the id “${id}”`}>
      <p class="soft">It may have been deleted, or the address is that of another platform.</p>
      <p class="empty-actions">
        {children}
        <a class="button" href={hrefOf("/workflows")}>
          Workflows
        </a>
      </p>
    </Empty>
  );
}

/** A workflow that could not be read: it is not there, or could not be asked for. */
export function NoWorkflow({ id, problem, again }: { id: string; problem: Problem; again: () => void }) {
  if (problem.code === "workflow_not_found") return <NoSuchWorkflow id={id} />;
  return <Failed problem={problem} again={again} />;
}
