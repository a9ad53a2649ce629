import { Type } from "@sinclair/typebox";
import { WORKFLOW } from "../language/definition/control.ts";
import type { JsonObject } from "../schemas/json/json.ts";
import { defineConnector } from "./index.ts";

const MAX_REFERENCE = 1024;

/** Starts a run of a workflow, and waits for its end; the run that started it holds nothing while it does. */
export default defineConnector({
  type: WORKFLOW,
  kind: "child",
  description: "Starts a run of another workflow, and waits for its end.",
  config: Type.Object(
    {
      workflow_id: Type.String({ minLength: 1, maxLength: MAX_REFERENCE, description: "Its uuid, or its author's id" }),
      version: Type.Optional(
        Type.Union([Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }), Type.Literal("latest")], {
          description: "A version, or the newest when the run is stored, which it is without one",
        }),
      ),
      payload: Type.Optional(
        Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown(), { description: "What that run is given" })),
      ),
      wait: Type.Optional(Type.Boolean({ description: "false: the step is over once the run is stored; true" })),
      on_cancel: Type.Optional(
        Type.Union([Type.Literal("cancel"), Type.Literal("abandon")], {
          description: "What becomes of the run when the step is given up while it waits; cancel",
        }),
      ),
    },
    {
      additionalProperties: false,
      description: "Which workflow, and what it is given",
      examples: [{ workflow_id: "invoice", payload: { order: "${payload.order_id}" } }],
    },
  ),
  child: ({ workflow_id: workflow, version = "latest", payload = {}, wait = true, on_cancel = "cancel" }) => ({
    workflow,
    version: version === "latest" ? null : version,
    payload: JSON.stringify(payload),
    isAwaited: wait,
    isCancelled: wait && on_cancel === "cancel",
  }),
});
