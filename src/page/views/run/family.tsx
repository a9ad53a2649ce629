import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { NotRead } from "../../shared/states/states.tsx";
import { hasEnded } from "../../shared/status/run-statuses.ts";
import type { ShownRun } from "./shown-run.ts";

/** The runs that it came of, and those that try it again. */
export function Family({ run: { parent_run_id, root_run_id, retry_of, uuid, tags, status } }: Pick<ShownRun, "run">) {
  return (
    <>
      {retry_of !== undefined && <a href={hrefOf(`/runs/${retry_of}`)}>tries this run again</a>}
      {parent_run_id !== undefined && <a href={hrefOf(`/runs/${parent_run_id}`)}>parent</a>}
      {parent_run_id !== undefined && root_run_id !== parent_run_id && root_run_id !== uuid && (
        <a href={hrefOf(`/runs/${root_run_id}`)}>root</a>
      )}
      {hasEnded(status) && <Retries of={uuid} />}
      {tags?.map((tag) => (
        <a key={tag} class="tag" href={hrefOf(`/runs?tag=${encodeURIComponent(tag)}`)}>
          {tag}
        </a>
      ))}
    </>
  );
}

/** Leads on to the run that tries it again, or to all of them. */
function Retries({ of }: { of: string }) {
  const reading = useReading(`retries ${of}`, (signal) => platform.runs.page({ retryOf: of }, { limit: 2, signal }));
  const { value, problem } = reading.state.value;
  if (value === null && problem !== null)
    return <NotRead what="Whether it was tried again" problem={problem} again={() => reading.again()} />;
  const [last, before] = value?.items ?? [];
  if (last === undefined) return null;
  return (
    <a href={hrefOf(before === undefined ? `/runs/${last.uuid}` : `/runs?again=${of}`)}>
      {before === undefined ? "was tried again" : "was tried again, more than once"}
    </a>
  );
}
