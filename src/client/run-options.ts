/** What is asked of a run, and what it answers. */
import type { Json } from "../schemas/json/json.ts";
import type { StepResult } from "../schemas/runs/run.ts";
import type { CallOptions } from "./connection.ts";

export interface WaitOptions extends CallOptions {
  /** Seconds; without end where it is left out. */
  timeout?: number;
}

export type StepStatus = StepResult["status"];

export interface StepFilter {
  /** Steps below this address alone. */
  under?: string;
  /** Where `under` is a map or a loop: what is in its iterations from this one on, from 0. */
  from?: number;
  status?: StepStatus | readonly StepStatus[];
}

export interface StepOptions extends CallOptions {
  /** Bytes of JSON: a larger output is left out, and read with `output()`. */
  outputLimit?: number;
  /** Bytes of JSON: of a larger input the config is left out. */
  inputLimit?: number;
}

/** The answer to a cancel, pause or resume. */
export interface ControlAnswer {
  status: string;
}

export interface KeyedOptions extends CallOptions {
  /** Calls with the same key take effect once; one is made for each call that has none, for its own repeats. */
  idempotencyKey?: string;
}

export interface RetryOptions extends KeyedOptions {
  /** The address of a step. */
  from?: string;
  version?: "same" | "latest" | number;
  payload?: Record<string, Json>;
}
