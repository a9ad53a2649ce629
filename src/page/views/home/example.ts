import type { Definition } from "../../../client/definitions.ts";

/** What “Make the example” makes: a payload, an expression, a wait. */
export const EXAMPLE = {
  id: "welcome",
  name: "Welcome",
  description: "Greets, takes a breath, and says how long the greeting was",
  steps: [
    { name: "greet", type: "transform", config: { value: "Hello ${payload.name}" } },
    { name: "breathe", type: "delay", config: { duration: 1 } },
    {
      name: "measure",
      type: "transform",
      config: { value: { said: "${greet.value}", letters: "${{ size(greet.value) }}" } },
    },
  ],
} satisfies Definition;
