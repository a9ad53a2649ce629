import { address, choose, go, hrefOf } from "../../address/address.ts";
import { useReading } from "../../data/reading.ts";
import { useActions } from "../../keys/keys.ts";
import { Empty, Failed, LoadingRows } from "../../shared/states/states.tsx";
import { findWorkflows, nextByWorkflow, numbersByWorkflow } from "./reading.ts";
import { WorkflowRow } from "./workflow-row.tsx";

const PAGE = 50;
/** Milliseconds after the last key. */
const PAUSE = 250;

/** All workflows, those that were made last first. */
export function Workflows() {
  const { query } = address.value;
  const text = query.get("q") ?? "";
  const wanted = Math.max(PAGE, Number(query.get("show") ?? PAGE) || PAGE);
  const reading = useReading(`workflows ${wanted} ${text}`, (signal) => findWorkflows(text, wanted, signal));
  const numbers = useReading("numbers", numbersByWorkflow).state.value.value;
  const next = useReading("schedules", nextByWorkflow).state.value.value;
  const { value, problem } = reading.state.value;
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
            later(() => go(choose({ q: currentTarget.value || null, show: null }), { replaces: true }))
          }
        />
        <a class="button primary" href={hrefOf("/workflows/new")}>
          New workflow
        </a>
      </div>
      {value === null && problem !== null && <Failed problem={problem} again={() => reading.again()} />}
      {value === null && problem === null && <LoadingRows label="Loading workflows" />}
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
                  numbers={numbers?.get(workflow.uuid)}
                  next={next?.get(String(workflow.id)) ?? next?.get(workflow.uuid)}
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

let timer: ReturnType<typeof setTimeout> | undefined;

function later(run: () => void): void {
  clearTimeout(timer);
  timer = setTimeout(run, PAUSE);
}
