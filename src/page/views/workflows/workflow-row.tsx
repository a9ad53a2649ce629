import type { WorkflowSummary } from "../../../language/definition/workflow.ts";
import type { Stats } from "../../../schemas/stats.ts";
import { hrefOf, pathWith } from "../../address/address.ts";
import { Time } from "../../shared/time/time.tsx";
import { RecentRuns } from "./recent-runs.tsx";

interface WorkflowRowProps {
  workflow: WorkflowSummary;
  numbers: Stats["workflows"][number] | undefined;
  next: string | undefined;
}

export function WorkflowRow({ workflow, numbers, next }: WorkflowRowProps) {
  const { uuid, id, name, version, updated_at, managed_by } = workflow;
  const ended = numbers === undefined ? 0 : numbers.success + numbers.failed + numbers.cancelled;
  const failedRuns = pathWith("/runs", { workflow: uuid, status: "failed" });
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
      <td class="number">
        {numbers !== undefined && numbers.failed > 0 ? (
          <a class="failed-count" href={hrefOf(failedRuns)}>
            {numbers.failed.toLocaleString("en")} failed
          </a>
        ) : (
          <span class="soft">{ended === 0 ? "–" : "0 failed"}</span>
        )}
        {ended > 0 && <span class="soft"> of {ended.toLocaleString("en")}</span>}
      </td>
      <td>{next === undefined ? <span class="soft">–</span> : <Time at={next} />}</td>
      <td class="cut soft" title={managed_by ?? undefined}>
        {managed_by ?? "–"}
      </td>
    </tr>
  );
}
