/** The client of the platform, for Bun, Node, Deno and browsers. It has no dependencies. */
export type { WorkflowSummary } from "../language/definition/workflow.ts";
export type { Json } from "../schemas/json/json.ts";
export type { Stats } from "../schemas/lists/stats.ts";
export type { RunOutline, RunStep, RunStepDetail } from "../schemas/lists/step-query.ts";
export type { Run, RunStatus } from "../schemas/runs/run.ts";
export type { RunEvent } from "../schemas/runs/run-event.ts";
export type { RunSummary, WaitingRun } from "../schemas/runs/run-summary.ts";
export type { Schedule, ScheduleInput } from "../schemas/schedule.ts";
export type { System } from "../schemas/system.ts";
export { type BulkAction, type BulkCount, BulkHandle, type BulkState } from "./bulk.ts";
export {
  type BulkFilter,
  Client,
  type PageOptions,
  type Readiness,
  type RunFilter,
  type RunPage,
  type TriggerOptions,
  type WaitingPage,
} from "./client.ts";
export type { CallOptions, ConnectionOptions } from "./connection.ts";
export type {
  Definition,
  DefinitionTest,
  Replaced,
  ReplaceOptions,
  StepTypeInfo,
  StoredDefinition,
  TestedRun,
  Version,
} from "./definitions.ts";
export { ApiError, ConnectionError, type Fault, RunFailed, WaitTimeout } from "./errors.ts";
export type { RunChange, RunsEvent } from "./following.ts";
export { outputOf, type RetriedRun, RunHandle } from "./run-handle.ts";
export type { ControlAnswer, KeyedOptions, RetryOptions, StepFilter, StepOptions, WaitOptions } from "./run-options.ts";
export { type SignedWebhook, verifyWebhook } from "./verify-webhook.ts";
