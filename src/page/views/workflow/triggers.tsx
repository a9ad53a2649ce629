import { root } from "../../address/address.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { inputFieldOf, sampleOf } from "../../shared/form/fields.ts";
import type { TabProps } from "./tab.ts";

/** How programs start it. */
export function Triggers({ workflow }: TabProps) {
  const reference = typeof workflow.id === "string" ? workflow.id : workflow.uuid;
  const payload = sampleOf(inputFieldOf(workflow.input));
  const place = root.href.replace(/\/$/, "");
  const json = JSON.stringify({ workflow_id: reference, payload });
  const snippets = [
    {
      name: "curl",
      says: "Answers when the run has ended, after 10 seconds at the latest.",
      text: `curl -X POST '${place}/api/v1/trigger?wait=10' -H 'content-type: application/json' \\\n  -d ${quoted(json)}`,
    },
    {
      name: "wf",
      says: "Shows each step as it ends.",
      text: `wf run ${quoted(reference)} -p ${quoted(JSON.stringify(payload))}`,
    },
    {
      name: "TypeScript",
      says: "Starts it once, however often an answer is lost.",
      text: `import { Client } from "workflow-platform/client";\n\nconst platform = new Client({ url: ${JSON.stringify(place)} });\nconst run = await platform.trigger(${JSON.stringify(reference)}, { payload: ${JSON.stringify(payload)} });\nconsole.log(await run.result());`,
    },
    {
      name: "Webhook",
      says: "Makes an address, told once, for programs that tell of something: what they send starts a run.",
      text: `curl -X POST '${place}/api/v1/hooks' -H 'content-type: application/json' \\\n  -d ${quoted(JSON.stringify({ workflow_id: reference }))}`,
    },
  ];
  return (
    <div class="triggers">
      {snippets.map(({ name, says, text }) => (
        <section key={name} class="snippet">
          <header>
            <h2>{name}</h2>
            <CopyButton text={text} what={`the command for ${name}`} />
          </header>
          <p class="soft">{says}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
          <pre tabIndex={0}>{text}</pre>
        </section>
      ))}
    </div>
  );
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
