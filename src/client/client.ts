import type { Json } from "../schemas/json.ts";
import type { Run, RunStatus } from "../schemas/run.ts";
import { type CallOptions, Connection, type ConnectionOptions, newKey } from "./connection.ts";
import { Definitions } from "./definitions.ts";
import { pagesOf } from "./pages.ts";
import { type KeyedOptions, RunHandle } from "./run-handle.ts";

export interface TriggerOptions extends KeyedOptions {
  payload?: Record<string, Json>;
  /** Seconds, or ISO 8601, until the run begins. */
  delay?: number | string;
  /** When the run begins: ISO 8601 with an offset. */
  startAt?: string;
  /** 1 to 5; 3 without. Larger ones go first. */
  priority?: number;
  tags?: string[];
}

export interface RunFilter {
  status?: RunStatus | readonly RunStatus[];
  workflow?: string;
  version?: number;
  tag?: string;
  parentRunId?: string;
  rootRunId?: string;
  createdFrom?: string;
  createdTo?: string;
  /** A text within the error. */
  error?: string;
  order?: "asc" | "desc";
}

/** A platform. @example await (await new Client({ url }).trigger("order", { payload: { n: 1 } })).result() */
export class Client {
  readonly #connection: Connection;
  readonly workflows: Definitions;

  constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options);
    this.workflows = new Definitions(this.#connection);
  }

  /** Starts a run of a workflow, by its uuid or its author's id; once, however often the answer is lost. @throws ApiError */
  async trigger(workflow: string, options: TriggerOptions = {}): Promise<RunHandle> {
    const { payload, delay, startAt, priority, tags, idempotencyKey, signal } = options;
    const { run_id } = await this.#connection.json<{ run_id: string }>({
      method: "POST",
      path: "/trigger",
      body: { workflow_id: workflow, payload, delay, start_at: startAt, priority, tags },
      headers: { "idempotency-key": idempotencyKey ?? newKey() },
      isRepeatable: true,
      ...(signal === undefined ? {} : { signal }),
    });
    return new RunHandle(this.#connection, run_id);
  }

  readonly runs = {
    /** A run that was triggered before. */
    handle: (id: string): RunHandle => new RunHandle(this.#connection, id),
    get: (id: string, options: CallOptions = {}): Promise<Run> => new RunHandle(this.#connection, id).get(options),
    /** Runs, newest first unless `order` says otherwise, page after page. */
    list: (filter: RunFilter = {}, options: CallOptions = {}): AsyncGenerator<Run, void> => {
      const { parentRunId, rootRunId, createdFrom, createdTo, status, ...rest } = filter;
      const renamed = {
        parent_run_id: parentRunId,
        root_run_id: rootRunId,
        created_from: createdFrom,
        created_to: createdTo,
      };
      const statuses = typeof status === "string" ? [status] : status;
      return pagesOf<Run>(this.#connection, "/runs", { ...rest, ...renamed, status: statuses }, options);
    },
  };
}
