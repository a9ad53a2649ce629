import type { Json } from "../schemas/json/json.ts";
import type { Stats, Window } from "../schemas/lists/stats.ts";
import type { Run, RunStatus } from "../schemas/runs/run.ts";
import type { RunSummary, WaitingRun } from "../schemas/runs/run-summary.ts";
import type { System } from "../schemas/system.ts";
import { type BulkAction, type BulkCount, BulkHandle, type BulkState, countBulk, startBulk } from "./bulk.ts";
import { type Call, type CallOptions, Connection, type ConnectionOptions, newKey } from "./connection.ts";
import { Definitions } from "./definitions.ts";
import { follow, type RunsEvent } from "./following.ts";
import { Hooks } from "./hooks.ts";
import { type Page, pagesOf } from "./pages.ts";
import { RunHandle } from "./run-handle.ts";
import type { KeyedOptions } from "./run-options.ts";
import { Schedules } from "./schedules.ts";

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
  /** These runs, 100 at most. */
  uuid?: string | readonly string[];
  workflow?: string;
  version?: number;
  tag?: string;
  parentRunId?: string;
  rootRunId?: string;
  /** Those that try this run again. */
  retryOf?: string;
  createdFrom?: string;
  createdTo?: string;
  /** A text within the error. */
  error?: string;
  order?: "asc" | "desc";
}

export interface PageOptions extends CallOptions {
  /** At most 200; 50 where it is left out. */
  limit?: number;
  /** The `next_cursor` or `prev_cursor` of another page of the same list. */
  cursor?: string;
}

/** A page of runs. */
export interface RunPage extends Page<RunSummary> {
  prev_cursor: string | null;
  /** How far it looked, where it ended before it was full and there may be more. */
  looked_to: string | null;
}

/** A page of runs that wait for a signal. */
export type WaitingPage = Page<WaitingRun> & Pick<RunPage, "looked_to">;

export type BulkFilter = Omit<RunFilter, "order">;

/** The services that the process that answered stands on, by name. */
export interface Readiness {
  parts: Record<string, "up" | "degraded" | "down">;
  breakers: Record<string, "closed" | "open" | "half_open">;
}

/** A platform. @example await (await new Client({ url }).trigger("order", { payload: { n: 1 } })).result() */
export class Client {
  readonly #connection: Connection;
  readonly workflows: Definitions;
  readonly schedules: Schedules;
  readonly hooks: Hooks;

  constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options);
    this.workflows = new Definitions(this.#connection);
    this.schedules = new Schedules(this.#connection);
    this.hooks = new Hooks(this.#connection);
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
    list: (filter: RunFilter = {}, options: CallOptions = {}): AsyncGenerator<Run, void> =>
      pagesOf(this.#connection, "/runs", queryOf(filter), options),
    /** The same without payloads and results: at most 640 bytes a run. */
    summaries: (filter: RunFilter = {}, options: CallOptions = {}): AsyncGenerator<RunSummary, void> =>
      pagesOf(this.#connection, "/runs", { ...queryOf(filter), view: "summary" }, options),
    /** One page of these, for who goes to and fro. */
    page: (filter: RunFilter = {}, { limit, cursor, ...options }: PageOptions = {}): Promise<RunPage> =>
      this.#connection.json({
        ...{ method: "GET", path: "/runs", query: { ...queryOf(filter), view: "summary", limit, cursor } },
        ...{ isRepeatable: true, ...options },
      }),
    /** A page of the runs that wait for a signal, oldest first. */
    waiting: ({
      workflow,
      limit,
      cursor,
      ...options
    }: PageOptions & { workflow?: string } = {}): Promise<WaitingPage> =>
      this.#connection.json({
        ...{ method: "GET", path: "/waiting", query: { workflow, limit, cursor }, isRepeatable: true },
        ...options,
      }),
    /** How many runs an action would be for. An empty filter is all of those that it can be for. */
    countBulk: (action: BulkAction, filter: BulkFilter = {}, options: CallOptions = {}): Promise<BulkCount> =>
      countBulk(this.#connection, action, criteriaOf(filter), options),
    /** Cancels, pauses, resumes or retries all runs that fit, once. @example startBulk({ action: "retry" }, { workflow: "order" }) */
    startBulk: (action: BulkAction, filter: BulkFilter = {}, options: KeyedOptions = {}): Promise<BulkHandle> =>
      startBulk(this.#connection, action, criteriaOf(filter), options),
    /** An action that was begun before. */
    bulk: (id: string): BulkHandle => new BulkHandle(this.#connection, id),
    /** All actions that are kept, newest first, page after page. */
    bulks: (options: CallOptions = {}): AsyncGenerator<BulkState, void> =>
      pagesOf(this.#connection, "/runs/bulk", {}, options),
    /** What becomes of the newest runs that fit, for as long as it is iterated; a connection that breaks is made again. */
    follow: (filter: Omit<RunFilter, "order"> = {}, options: CallOptions = {}): AsyncGenerator<RunsEvent, void> =>
      follow(this.#connection, queryOf(filter), options),
  };

  /** Numbers of runs over the last time, an hour where it is left out. */
  stats(window?: Window, options: CallOptions = {}): Promise<Stats> {
    return this.#connection.json({
      ...{ method: "GET", path: "/stats", query: { window }, isRepeatable: true },
      ...options,
    });
  }

  /** How the installation is, as the process that answers sees it; also where it can't do its work. */
  system(options: CallOptions = {}): Promise<System> {
    return this.#connection.json({ ...{ method: "GET", path: "/system", isRepeatable: true }, ...options });
  }

  /** The limits in force there alone. */
  limits(options: CallOptions = {}): Promise<System["limits"]> {
    return this.#connection.json({ ...{ method: "GET", path: "/system/limits", isRepeatable: true }, ...options });
  }

  /** Whether the process that answers can do its work. @throws ApiError not_ready, naming what is out */
  ready(options: CallOptions = {}): Promise<Readiness> {
    return this.#connection.json({
      ...{ method: "GET", path: "/health/ready", isFromRoot: true, isRepeatable: true },
      ...options,
    });
  }

  /** The clock of the platform, to the second; null where a proxy hides it. */
  async time(options: CallOptions = {}): Promise<Date | null> {
    const response = await this.#connection.open({
      ...{ method: "GET", path: "/health", isFromRoot: true, isRepeatable: true },
      ...options,
    });
    await response.body?.cancel();
    const date = response.headers.get("date");
    return date === null ? null : new Date(date);
  }
}

/** A filter as a body has it. */
function criteriaOf({ status, uuid, ...filter }: BulkFilter): NonNullable<Call["query"]> {
  const listOf = (values?: string | readonly string[]) => (typeof values === "string" ? [values] : values);
  return { ...queryOf(filter), status: listOf(status), uuid: listOf(uuid) };
}

function queryOf(filter: RunFilter): NonNullable<Call["query"]> {
  const { parentRunId, rootRunId, retryOf, createdFrom, createdTo, ...rest } = filter;
  return {
    ...rest,
    parent_run_id: parentRunId,
    root_run_id: rootRunId,
    retry_of: retryOf,
    created_from: createdFrom,
    created_to: createdTo,
  };
}
