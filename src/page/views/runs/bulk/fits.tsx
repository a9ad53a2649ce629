import type { BulkAction } from "../../../../client/bulk.ts";
import type { RunFilter } from "../../../../client/client.ts";
import type { RunStatus } from "../../../../schemas/runs/run.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { hasEnded, RUN_STATUSES } from "../../../shared/status/run-statuses.ts";

interface Fitting {
  count: number;
  /** Whether there may be others: a count looks at 10,000 runs at most, for a tenth of a second. */
  more: boolean;
}

/** How many runs fit a filter. */
export function Fits({ filter }: { filter: RunFilter }) {
  const reading = useReading(`fits ${JSON.stringify(filter)}`, (signal) => countFitting(filter, signal));
  const { value, problem } = reading.state.value;
  if (value !== null)
    return (
      <span class="number">
        ({value.count.toLocaleString("en")}
        {value.more && " or more"})
      </span>
    );
  return problem === null ? (
    <span class="soft">(counting…)</span>
  ) : (
    <span class="soft" title={problem.text}>
      (not counted)
    </span>
  );
}

/** Nothing counts runs of any status at once; of those under way a cancel may be asked for, of those that are over a retry. */
async function countFitting(filter: RunFilter, signal: AbortSignal): Promise<Fitting> {
  const wanted = new Set([filter.status ?? RUN_STATUSES].flat());
  const statuses = RUN_STATUSES.filter((status) => wanted.has(status));
  const counts = await Promise.all([
    countOf("cancel", { ...filter, status: statuses.filter((status) => !hasEnded(status)) }, signal),
    countOf("retry", { ...filter, status: statuses.filter(hasEnded) }, signal),
  ]);
  return { count: counts.reduce((sum, { count }) => sum + count, 0), more: counts.some(({ more }) => more) };
}

async function countOf(
  action: BulkAction["action"],
  filter: RunFilter & { status: readonly RunStatus[] },
  signal: AbortSignal,
): Promise<Fitting> {
  if (filter.status.length === 0) return { count: 0, more: false };
  return platform.runs.countBulk({ action }, filter, { signal });
}
