import { address, choose, go, hrefOf } from "../../address/address.ts";
import { type Reading, useReading } from "../../data/reading.ts";
import { useTyping } from "../../data/typing.ts";
import { useActions } from "../../keys/keys.ts";
import { useWalk } from "../../keys/walk.ts";
import { useAsked } from "../../live/asked.ts";
import { Empty, NotRead, Unread } from "../../shared/states/states.tsx";
import { findWorkflows, nextByWorkflow, numbersByWorkflow } from "./reading.ts";
import { WorkflowRow } from "./workflow-row.tsx";

const PAGE = 50;

/** All workflows, those that were made last first. */
export function Workflows() {
  const { query } = address.value;
  const typing = useTyping();
  const text = query.get("q") ?? "";
  const wanted = Math.max(PAGE, Number(query.get("show") ?? PAGE) || PAGE);
  const reading = useReading(`workflows ${wanted} ${text}`, (signal) => findWorkflows(text, wanted, signal));
  const numbers = useReading("numbers", numbersByWorkflow);
  const next = useReading("schedules", nextByWorkflow);
  useAsked("workflows", numbers);
  const { value } = reading.state.value;
  useWalk(".workflow-name a", "workflow");
  useActions([
    { key: "/", name: "Find a workflow", run: () => document.getElementById("find-workflow")?.focus() },
    { key: "n", name: "New workflow", run: () => go("/workflows/new") },
  ]);
  return (
    <div class="page-pad">
      <div class="view-head">
        <h1>Workflows</h1>
        <input
          id="find-workflow"
          type="search"
          placeholder="Find by name, id or tag"
          aria-label="Find workflows"
          value={text}
          onInput={({ currentTarget }) =>
            typing.stopped(() => go(choose({ q: currentTarget.value || null, show: null }), { replaces: true }))
          }
        />
        <a class="button primary" href={hrefOf("/workflows/new")}>
          New workflow
        </a>
      </div>
      <Unread reading={reading} label="Loading workflows" />
      {value?.items.length === 0 && text === "" && (
        <Empty title="No workflows yet">
          <p>A workflow is a list of steps. Write one here, or send its JSON to the API.</p>
          <p>
            <a href={hrefOf("/workflows/new")}>Write the first one</a>
          </p>
        </Empty>
      )}
      {value?.items.length === 0 && text !== "" && (
        <Empty title="None match">
          <p>
            None of {value.looked.toLocaleString("en")} workflows has “{text}” in its name, id, description or tags.
          </p>
          <button type="button" onClick={() => go(choose({ q: null }))}>
            Show all
          </button>
        </Empty>
      )}
      <PartNotRead what="What ended in 24 hours" reading={numbers} />
      <PartNotRead what="When schedules are next" reading={next} />
      {value !== null && value.items.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <section class="table-scroll" tabIndex={0} aria-label="Workflows">
          <table class="table workflows">
            <thead>
              <tr>
                <th>Name</th>
                <th>Version</th>
                <th>Changed</th>
                <th>Last runs</th>
                <th>Last 24 h</th>
                <th>Next schedule</th>
                <th>Source</th>
              </tr>
            </thead>
            <tbody>
              {value.items.map((workflow) => (
                <WorkflowRow
                  key={workflow.uuid}
                  workflow={workflow}
                  numbers={numbers.state.value.value}
                  next={next.state.value.value}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {value?.hasMore && (
        <p class="table-foot">
          <span class="soft">Looked at {value.looked.toLocaleString("en")}.</span>
          <a class="button" href={hrefOf(choose({ show: wanted + PAGE }))}>
            Show more
          </a>
        </p>
      )}
    </div>
  );
}

/** Said of one column, where there is nothing of it to show. */
function PartNotRead({ what, reading }: { what: string; reading: Reading<unknown> }) {
  const { value, problem } = reading.state.value;
  return value !== null || problem === null ? null : <NotRead {...{ what, problem }} again={() => reading.again()} />;
}
