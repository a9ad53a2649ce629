import { go, hrefOf, root } from "../../address/address.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { ProblemLine } from "../../shared/states/states.tsx";
import { EXAMPLE } from "./example.ts";

const PLACE = root.href.replace(/\/$/, "");
const CURL = `curl -X PUT '${PLACE}/api/v1/workflows/hello?create=true' -H 'content-type: application/json' \\
  -d '{"name": "Hello", "steps": [{"name": "greet", "type": "transform", "config": {"value": "Hello \${payload.name}"}}]}'
curl -X POST '${PLACE}/api/v1/trigger?wait=10' -H 'content-type: application/json' \\
  -d '{"workflow_id": "hello", "payload": {"name": "Ada"}}'`;
const TYPESCRIPT = `import { Client } from "workflow-platform/client";

const platform = new Client({ url: "${PLACE}" });
const run = await platform.trigger("hello", { payload: { name: "Ada" } });
console.log(await run.result());`;

/** What somebody does who has just started the platform. */
export function FirstSteps() {
  return (
    <>
      <p class="soft">Nothing has run yet. Three ways to begin:</p>
      <div class="cards">
        <ExampleCard />
        <section class="card">
          <header>
            <h2>From a shell</h2>
            <CopyButton text={CURL} what="the commands" />
          </header>
          <p class="soft">Stores a workflow, starts it and waits for its end.</p>
          <pre>{CURL}</pre>
          <p class="soft">
            <code>wf run hello -p '{'{"name": "Ada"}'}'</code> shows each step as it ends:{" "}
            <a href={documentAt("wf.md")}>the wf command</a>.
          </p>
        </section>
        <section class="card">
          <header>
            <h2>From TypeScript</h2>
            <CopyButton text={TYPESCRIPT} what="the program" />
          </header>
          <p class="soft">The client runs on Bun, Node, Deno and in browsers.</p>
          <pre>{TYPESCRIPT}</pre>
          <p class="soft">
            All that it does: <a href={documentAt("client.md")}>the client</a>.
          </p>
        </section>
      </div>
    </>
  );
}

/** The platform serves its own documents. */
function documentAt(name: string): string {
  return new URL(`docs/${name}`, root).href;
}

function ExampleCard() {
  const making = useDoing(async () => {
    await platform.workflows.replace(EXAMPLE.id, EXAMPLE, { create: true });
    const run = await platform.trigger(EXAMPLE.id, { payload: { name: "Ada" } });
    go(`/runs/${run.id}`);
  });
  return (
    <section class="card">
      <h2>With one click</h2>
      <p class="soft">
        Makes the workflow “{EXAMPLE.name}”, starts it and shows its run: a greeting, a breath of a second, and an
        answer.
      </p>
      <button type="button" class="primary" onClick={making.run} disabled={making.isBusy}>
        Make the example
      </button>
      <ProblemLine problem={making.problem} />
      <h3>Or with your own</h3>
      <ul class="card-list">
        <li>
          <a href={hrefOf("/workflows/new")}>New workflow</a>, drawn while it is written and tried before it is saved
        </li>
        <li>
          <a href={hrefOf("/examples")}>Examples</a>, each drawn, and tried without the network
        </li>
        <li>
          <a href={documentAt("language.md")}>What a definition can say</a>
        </li>
        <li>
          <a href={new URL("docs", root).href}>The API</a>, to be tried in the browser
        </li>
      </ul>
    </section>
  );
}
