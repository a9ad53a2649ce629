import type { Definition } from "../../../client/definitions.ts";

/** What a new workflow begins with, by the word in the address: more than nothing, and less than has to be deleted. */
const TEMPLATES: Record<string, Definition> = {
  hello: {
    name: "Hello",
    input: { type: "object", properties: { name: { type: "string", default: "you" } } },
    steps: [{ name: "greet", type: "transform", config: { value: "Hello ${payload.name}" } }],
    output: { said: "${greet.value}" },
  },
};

export function templateText(name: string | null): string {
  const template = (name === null ? undefined : TEMPLATES[name]) ?? TEMPLATES.hello;
  return `${JSON.stringify(template, null, 2)}\n`;
}
