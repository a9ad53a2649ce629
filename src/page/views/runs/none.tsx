import { choose, hrefOf, root } from "../../address/address.ts";
import { useReading } from "../../data/reading.ts";
import { firstRuns } from "../../data/runs/first-runs.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { Empty, NotRead } from "../../shared/states/states.tsx";
import { chosenFilters, FILTERS, filterOf } from "./filter.ts";

/** No runs are there at all: how there come to be some. */
export function NoneYet() {
  const command = `curl -X POST '${root.href}api/v1/trigger' -H 'content-type: application/json' -d '{"workflow_id": "welcome", "payload": {"name": "Ada"}}'`;
  return (
    <Empty title="Nothing has run yet">
      <p class="soft">
        A run begins when a workflow is triggered. <a href={hrefOf("/")}>Make the example</a> with one click, or trigger
        one of yours:
      </p>
      <pre>{command}</pre>
      <CopyButton text={command} what="the command" />
    </Empty>
  );
}

/** None fit the filters: which of these it is. */
export function NoneFit({ query }: { query: URLSearchParams }) {
  const filters = chosenFilters(query);
  const reading = useReading(String(query), async (signal) => {
    const found = filters.map(async ([name]) => {
      const others = new URLSearchParams(query);
      others.delete(name);
      // A version is that of a workflow.
      if (name === "workflow") others.delete("version");
      const { runs } = await firstRuns(filterOf(others, Date.now()), 1, signal);
      return runs.length > 0 ? [name] : [];
    });
    return (await Promise.all(found)).flat();
  });
  const { value, problem } = reading.state.value;
  const without = value ?? [];
  return (
    <Empty title="No run fits">
      <p class="soft">
        {filters.map(([name, value]) => `${FILTERS[name]}: ${value}`).join(" · ") ||
          "Nothing was created before that time"}
      </p>
      {value === null && problem !== null && (
        <NotRead what="Which filter excludes them" problem={problem} again={() => reading.again()} />
      )}
      {without.length > 0 && (
        <p>
          There are some without{" "}
          {without.map((name) => (
            <a
              key={name}
              class="none-link"
              href={hrefOf(choose({ [name]: null, ...(name === "workflow" && { version: null }) }))}
            >
              {FILTERS[name]}: {query.get(name)}
            </a>
          ))}
        </p>
      )}
      <a class="button" href={hrefOf("/runs")}>
        Clear filters
      </a>
    </Empty>
  );
}
