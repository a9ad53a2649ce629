/** The client of the platform, for Bun, Node, Deno and browsers. It has no dependencies. */
export { Client, type RunFilter, type TriggerOptions } from "./client.ts";
export type { CallOptions, ConnectionOptions } from "./connection.ts";
export type { Definition, StoredDefinition } from "./definitions.ts";
export { ApiError, ConnectionError, type Fault, RunFailed, WaitTimeout } from "./errors.ts";
export { type KeyedOptions, type RetryOptions, RunHandle, type WaitOptions } from "./run-handle.ts";
export { type SignedWebhook, verifyWebhook } from "./verify-webhook.ts";
