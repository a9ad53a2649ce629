/** The client of the platform, for Bun, Node, Deno and browsers. It has no dependencies. */
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
  StoredDefinition,
  TestedRun,
  Version,
} from "./definitions.ts";
export { ApiError, ConnectionError, type Fault, RunFailed, WaitTimeout } from "./errors.ts";
export type { RunChange, RunsEvent } from "./following.ts";
export { outputOf, type RetriedRun, RunHandle } from "./run-handle.ts";
export type { KeyedOptions, RetryOptions, StepFilter, WaitOptions } from "./run-options.ts";
export { type SignedWebhook, verifyWebhook } from "./verify-webhook.ts";
