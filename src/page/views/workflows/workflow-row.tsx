import type { WorkflowSummary } from "../../../language/definition/workflow.ts";
import type { Stats } from "../../../schemas/lists/stats.ts";
import { hrefOf, pathWith } from "../../address/address.ts";
import { Time } from "../../shared/time/time.tsx";
import { RecentRuns } from "./recent-runs.tsx";

interface WorkflowRowProps {
  workflow: WorkflowSummary;
  /** By uuid; null while they are not known. */
  numbers: ReadonlyMap<string, Stats["workflows"][number]> | null;
  /** When schedules start workflows, by what they call these; null while that is not known. */
  next: ReadonlyMap<string, string> | null;
}

export function WorkflowRow({ workflow, numbers, next }: WorkflowRowProps) {
  const { uuid, id, name, version, updated_at, managed_by } = workflow;
  const ran = numbers?.get(uuid);
  const at = next?.get(String(id)) ?? next?.get(uuid);
  const failedRuns = pathWith("/runs", { workflow: uuid, status: "failed", from: "-24h" });
  return (
    <tr>
      <td class="workflow-name">
        <a href={hrefOf(`/workflows/${uuid}`)} title={name}>
          {name}
        </a>
        {id !== null && <code class="soft cut">{id}</code>}
      </td>
      <td class="number">v{version}</td>
      <td>
        <Time at={updated_at} />
      </td>
      <td>
        <RecentRuns workflow={uuid} />
      </td>
      <td class="number">{numbers !== null && <Ended ran={ran} failedRuns={failedRuns} />}</td>
      <td>{at === undefined ? next !== null && <span class="soft">–</span> : <Time at={at} />}</td>
      <td class="cut soft" title={managed_by ?? undefined}>
        {managed_by ?? "–"}
      </td>
    </tr>
  );
}

/** How many runs failed of those that ended. */
function Ended({ ran, failedRuns }: { ran: Stats["workflows"][number] | undefined; failedRuns: string }) {
  const ended = ran === undefined ? 0 : ran.success + ran.failed + ran.cancelled;
  if (ran === undefined || ended === 0) return <span class="soft">–</span>;
  return (
    <>
      {ran.failed > 0 ? (
        <a class="failed-count" href={hrefOf(failedRuns)}>
          {ran.failed.toLocaleString("en")} failed
        </a>
      ) : (
        <span class="soft">0 failed</span>
      )}
      <span class="soft"> of {ended.toLocaleString("en")}</span>
    </>
  );
}
