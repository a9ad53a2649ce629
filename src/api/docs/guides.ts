/** The documents of docs/, as Markdown. */
import { readFileSync } from "node:fs";

/** Their names and what they are about. No path that a client sends reaches the disk: it names one of these, or nothing. */
export const GUIDES = {
  "language.md": "The language of workflows: steps, expressions, retries, handlers, compensation, tests, with examples",
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
  "reliability.md": "What is promised, and how it is tested",
} as const;
export type GuideName = keyof typeof GUIDES;

export const GUIDE_NAMES = Object.keys(GUIDES).filter(isGuide);
const FOLDER = new URL("../../../docs/", import.meta.url);
const read = new Map<GuideName, string>();

export function isGuide(name: string): name is GuideName {
  return Object.hasOwn(GUIDES, name);
}

/** Its text, read from the disk once. */
export function guideText(name: GuideName): string {
  let text = read.get(name);
  if (text === undefined) {
    text = readFileSync(new URL(name, FOLDER), "utf8");
    read.set(name, text);
  }
  return text;
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
