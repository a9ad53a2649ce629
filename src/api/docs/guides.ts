/** The documents of the repository for those who use it, as Markdown. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";

/** Their names and what they are about. No path that a client sends reaches the disk: it names one of these, or nothing. */
export const GUIDES = {
  "README.md": "A tour, the API in a table, step types and placeholders",
  "language.md": "The language of workflows: steps, expressions, retries, handlers, compensation, tests, with examples",
  "examples.md": "The examples by name, and what each shows",
  "failures.md": "Every way in which a step can fail, by its code",
  "definitions.md": "Definitions under version control",
  "api.md": "Triggers: idempotency keys, delays, priorities, waiting for the end, batches",
  "runs.md": "Runs in hand: cancel, pause, resume, retry",
  "finding.md": "Finding runs, and reading their steps",
  "events.md": "What happened to runs, as it happens",
  "schedules.md": "Schedules",
  "hooks.md": "Hooks: runs that other programs start",
  "page.md": "The page at /ui",
  "wf.md": "The command wf",
  "client.md": "The client for TypeScript",
  "mcp.md": "Tools for programs that write workflows",
  "called.md": "What other engines call the same",
  "operations.md": "Operations: modes, configuration, metrics, stopping",
  "runbook.md": "What to do when an alert comes",
  "performance.md": "How fast it is, and what bounds that",
  "reliability.md": "What is promised, and how it is tested",
} as const;
export type GuideName = keyof typeof GUIDES;

export const GUIDE_NAMES = Object.keys(GUIDES).filter(isGuide);
const REPOSITORY = new URL("../../../", import.meta.url);
const read = new Map<GuideName, string>();

export function isGuide(name: string): name is GuideName {
  return Object.hasOwn(GUIDES, name);
}

/** Its text, read from the disk once. */
export function guideText(name: GuideName): string {
  let text = read.get(name);
  if (text === undefined) {
    text = linked(readFileSync(new URL(pathOf(name), REPOSITORY), "utf8"), posix.dirname(pathOf(name)));
    read.set(name, text);
  }
  return text;
}

/** Where it is in the repository. */
function pathOf(name: GuideName): string {
  if (name === "README.md") return name;
  return name === "examples.md" ? "examples/README.md" : `docs/${name}`;
}

/** A text whose links to files lead to the guides that are served; those to others are left out, their words stay. */
function linked(text: string, folder: string): string {
  return text.replace(/!?\[([^\]]*)\]\(([^)#:\s]+)(#[^)\s]*)?\)/g, (_, words: string, target: string, anchor = "") => {
    const path = posix.join(folder, target);
    const guide = GUIDE_NAMES.find((one) => pathOf(one) === path);
    return guide === undefined ? words : `[${words}](${guide}${anchor})`;
  });
}

/** The index for programs that read: https://llmstxt.org */
export function indexText(): string {
  const lines = GUIDE_NAMES.map((name) => `- [${name}](docs/${name}): ${GUIDES[name]}`);
  return `# Workflow platform

> Describes a workflow as JSON, starts runs of it over REST, and shows how they go. A definition is \`{"name": …, "steps": [{"name": …, "type": …, "config": {…}}]}\`; \`\${path}\` in a config is a value of the payload or of an earlier step.

To write a workflow: read docs/language.md, check the definition with \`POST /api/v1/workflows/validate\`, try it with \`POST /api/v1/workflows/test\`, store it with \`POST /api/v1/workflows\`. The same is offered as tools at \`POST /mcp\`.

## Documents

${lines.join("\n")}

## For programs

- [workflow.json](api/v1/schema/workflow.json): the JSON Schema of a definition
- [step-types](api/v1/step-types): the types of steps with the schemas of their configs
- [openapi.json](api/v1/openapi.json): the API
`;
}
