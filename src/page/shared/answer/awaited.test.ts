import { expect, test } from "bun:test";
import type { StoredDefinition } from "../../../client/definitions.ts";
import { awaitedBy } from "./awaited.ts";

const schema = { type: "object", properties: { by: { type: "string" } } };
const definition: StoredDefinition = {
  ...{ uuid: "", version: 1, created_at: "", updated_at: "", name: "asks" },
  steps: [
    { name: "open", type: "wait", config: { signal: "go" } },
    {
      name: "each",
      type: "map",
      config: {
        items: "${payload.items}",
        steps: [{ name: "ask", type: "wait", description: "Who may?", config: { signal: ["yes", "no"], schema } }],
      },
    },
  ],
};

test("a step that waits is found by its address, however deep it is", () => {
  expect(awaitedBy(definition, "each[3].ask")).toEqual({ description: "Who may?", schema });
  expect(awaitedBy(definition, "open")).toEqual({ description: null, schema: null });
  expect(awaitedBy(definition, "gone")).toEqual({ description: null, schema: null });
});
