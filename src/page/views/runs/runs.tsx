import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { address, choose, hrefOf } from "../../address/address.ts";
import { announce } from "../../announce.ts";
import { keepListed } from "../../data/listed.ts";
import { follow } from "../../live/live.ts";
import { runsTopic } from "../../live/topic.ts";
import { NoSuchWorkflow } from "../../shared/states/no-workflow.tsx";
import { Failed, LoadingRows } from "../../shared/states/states.tsx";
import { BulkBar } from "./bulk/bulk-bar.tsx";
import { Chosen } from "./chosen.ts";
import { Export } from "./export.tsx";
import { chosenFilters, filterOf, timeOf } from "./filter.ts";
import { FilterBar } from "./filter-bar.tsx";
import { Incoming } from "./incoming.ts";
import { type Hold, List } from "./list.tsx";
import { NoneFit, NoneYet } from "./none.tsx";
import { RunRows } from "./rows.ts";
import { Ruler } from "./ruler.tsx";
import { SavedFilters } from "./saved.tsx";
import { Wrong } from "./wrong.tsx";
import { wrongFilters } from "./wrong-filters.ts";

/** All runs that fit the filter of the address, as deep as there are any. */
export function Runs() {
  const { query } = address.value;
  const wrong = wrongFilters(query);
  return (
    <div class="runs">
      <h1 class="sr-only">Runs</h1>
      <FilterBar wrong={wrong}>
        {wrong.length === 0 && (
          <>
            <SavedFilters />
            <Export filter={() => filterOf(query, Date.now())} />
          </>
        )}
      </FilterBar>
      {wrong.length > 0 ? <Wrong query={query} wrong={wrong} /> : <Found query={query} />}
    </div>
  );
}

function Found({ query }: { query: URLSearchParams }) {
  const { rows, incoming, chosen, hold, filter, at } = useMemo(() => {
    const opened = Date.now();
    const filter = filterOf(query, opened);
    const at = timeOf(query.get("at"), opened);
    const held: Hold = { isHovered: false, isScrolled: false, isFocused: false, current: signal(null) };
    const found = new RunRows(filter, at);
    const choice = new Chosen();
    const isHeld = () => held.isHovered || held.isScrolled || held.isFocused || choice.ids.peek().size > 0;
    return { rows: found, incoming: new Incoming(found, filter, isHeld), chosen: choice, hold: held, filter, at };
  }, [query]);
  // In the order of old to new, and at another time, there is nothing that arrives.
  const isFollowed = query.get("order") !== "asc" && query.get("at") === null && !query.get("to");
  useEffect(() => {
    const begun = rows.begin();
    const { order: _, ...followed } = filter;
    const stop = isFollowed
      ? follow(
          runsTopic(followed, {
            change(run) {
              incoming.change(run);
              if (run.status === "failed") announce(`A run of ${run.workflow.name ?? run.workflow.id} failed`);
            },
            readAgain: () => void begun.then(() => incoming.catchUp()),
          }),
        )
      : () => {};
    return () => {
      stop();
      rows.close();
      incoming.close();
    };
  }, [rows, incoming, query]);
  useEffect(() => keepListed(query.size === 0 ? "/runs" : `/runs?${query}`, rows), [query, rows]);
  const kind = kindOf(rows, query);
  return (
    <>
      <div class="run-list">
        {kind === "unread" && <UnreadRuns rows={rows} query={query} />}
        {kind === "none yet" && <NoneYet />}
        {kind === "none fit" && <NoneFit query={query} />}
        {kind === "some" && <List key={String(query)} {...{ rows, incoming, chosen, hold, isFollowed }} />}
        {/* It stays while another time is read: somebody may be drawing along it, or have the focus on it. */}
        {kind !== "none yet" && <Ruler at={at} />}
      </div>
      <BulkBar key={String(query)} chosen={chosen} filter={filter} />
    </>
  );
}

function kindOf(rows: RunRows, query: URLSearchParams): "unread" | "none yet" | "none fit" | "some" {
  if (!rows.isRead.value) return "unread";
  if (rows.rows.value.length > 0 || rows.lookedTo.value !== null || rows.hasNewer.value) return "some";
  return chosenFilters(query).length === 0 && query.get("at") === null ? "none yet" : "none fit";
}

function UnreadRuns({ rows, query }: { rows: RunRows; query: URLSearchParams }) {
  const { value: problem } = rows.problem;
  if (problem === null) return <LoadingRows rows={16} label="Reading runs" />;
  if (problem.code === "workflow_not_found")
    return (
      <NoSuchWorkflow id={query.get("workflow") ?? ""}>
        <a class="button" href={hrefOf(choose({ workflow: null, version: null }))}>
          Runs of all workflows
        </a>
      </NoSuchWorkflow>
    );
  return <Failed problem={problem} again={() => rows.begin()} />;
}
