import { Type } from "@sinclair/typebox";
import { IDEMPOTENCY_KEY } from "../../../schemas/runs/trigger.ts";
import { anyObject, DEFINITION, RUN, requestTool, segment, type Tool, text, WORKFLOW } from "./tool.ts";

/** It is sent as a header. */
const keyOf = (description: string) => Type.String({ pattern: IDEMPOTENCY_KEY, description });

/** Tools that start, hold and end runs, and that store definitions. */
export const ACTING: readonly Tool[] = [
  requestTool({
    level: "run",
    name: "trigger_workflow",
    title: "Start a run",
    description: "Starts a run of a workflow, and may wait for its end.",
    input: {
      workflow_id: WORKFLOW,
      payload: Type.Optional(anyObject("What the run is given")),
      tags: Type.Optional(Type.Array(Type.String())),
      wait_seconds: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 60, description: "How long to wait for its end; 0" }),
      ),
      idempotency_key: Type.Optional(keyOf("With the same key the same run, for a day")),
    },
    ask: ({ wait_seconds, idempotency_key, ...body }) => ({
      method: "POST",
      path: "/trigger",
      query: { wait: wait_seconds },
      body,
      headers: keyed(idempotency_key),
    }),
  }),
  requestTool({
    level: "run",
    name: "signal_run",
    title: "Send a run a signal",
    description: "Sends a run what a `wait` step of it waits for.",
    input: {
      run_id: RUN,
      name: text("Of the signal"),
      body: Type.Optional(Type.Unknown({ description: "Any JSON" })),
      idempotency_key: Type.Optional(keyOf("With the same key it is sent once")),
    },
    ask: ({ run_id, name, body = null, idempotency_key }) => ({
      method: "POST",
      path: `/runs/${segment(run_id)}/signals/${segment(name)}`,
      body,
      headers: keyed(idempotency_key),
    }),
  }),
  requestTool({
    level: "run",
    name: "retry_run",
    title: "Run an ended run again",
    description:
      "Makes a new run that keeps what an ended one did before the step that failed, or before `from`, and does the rest.",
    input: {
      run_id: RUN,
      from: Type.Optional(text("The address of the step to begin with")),
      version: Type.Optional(
        Type.Union([Type.Literal("same"), Type.Literal("latest"), Type.Integer({ minimum: 1 })], {
          description: "Of the workflow: latest for one that was mended; same",
        }),
      ),
      payload: Type.Optional(anyObject("In place of the one it had")),
    },
    ask: ({ run_id, ...body }) => ({ method: "POST", path: `/runs/${segment(run_id)}/retry`, body }),
  }),
  requestTool({
    level: "run",
    name: "cancel_run",
    title: "Cancel a run",
    description: "Ends a run. What succeeded and has a compensation is undone, unless compensate is false.",
    input: {
      run_id: RUN,
      reason: Type.Optional(text("For those who read the run")),
      compensate: Type.Optional(Type.Boolean()),
    },
    isDestructive: true,
    ask: ({ run_id, ...body }) => ({ method: "POST", path: `/runs/${segment(run_id)}/cancel`, body }),
  }),
  requestTool({
    level: "write",
    name: "create_workflow",
    title: "Create a workflow",
    description:
      "Stores a definition as a new workflow. Check it with validate_workflow, and try it with test_workflow, first.",
    input: { definition: DEFINITION },
    ask: ({ definition }) => ({
      method: "POST",
      path: "/workflows",
      body: definition,
    }),
  }),
  requestTool({
    level: "write",
    name: "update_workflow",
    title: "Change a workflow",
    description: "Makes a new version of a workflow; runs keep the version that they began with.",
    input: {
      workflow_id: WORKFLOW,
      definition: DEFINITION,
      if_version: Type.Optional(
        Type.Integer({
          minimum: 1,
          description: "The version that was read: it is refused where somebody else was faster",
        }),
      ),
    },
    isDestructive: true,
    ask: ({ workflow_id, definition, if_version }) => ({
      method: "PUT",
      path: `/workflows/${segment(workflow_id)}`,
      body: definition,
      headers: if_version === undefined ? {} : { "if-match": `"${String(if_version)}"` },
    }),
  }),
];

function keyed(key: unknown): Record<string, string> {
  return key === undefined ? {} : { "idempotency-key": String(key) };
}
