import type { Bulk, BulkInput } from "../schemas/control/bulk.ts";
import { type Call, type CallOptions, type Connection, newKey } from "./connection.ts";
import type { KeyedOptions } from "./run-options.ts";
import { pause } from "./seconds.ts";

/** What is done to each of the runs: see docs/runs.md. */
export type BulkAction = Pick<BulkInput, "action" | "reason" | "compensate" | "from" | "version">;
export type BulkState = Bulk;

/** How many runs an action would be for. */
export interface BulkCount {
  count: number;
  /** Whether there may be others, which were not looked at. */
  more: boolean;
  /** Of how many of these, the newest first, it was tried out, and for how many of them it would be refused. */
  looked: number;
  failed: number;
  /** Why. */
  errors: BulkState["errors"];
}

type Query = NonNullable<Call["query"]>;
const LOOK_SECONDS = 0.5;

/** An action upon many runs, which the platform carries out. */
export class BulkHandle {
  readonly id: string;
  readonly #connection: Connection;

  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.id = id;
  }

  /** What it is, how far, and why it could not be done to some runs. */
  get(options: CallOptions = {}): Promise<BulkState> {
    return this.#connection.json({ ...{ method: "GET", path: this.#path(), isRepeatable: true }, ...options });
  }

  /** Ends it; what was done stays. */
  stop(options: CallOptions = {}): Promise<BulkState> {
    return this.#connection.json({ ...{ method: "DELETE", path: this.#path(), isRepeatable: true }, ...options });
  }

  /** How far it is, again and again until it is through or was stopped: the last one says how it ended. @throws the reason of the signal */
  async *progress({ signal }: CallOptions = {}): AsyncGenerator<BulkState, BulkState> {
    for (;;) {
      const state = await this.get(signal === undefined ? {} : { signal });
      yield state;
      if (state.status === "done" || state.status === "stopped") return state;
      await pause(LOOK_SECONDS, signal);
    }
  }

  /** Waits until it is through, or was stopped. @throws the reason of the signal */
  async ended(options: CallOptions = {}): Promise<BulkState> {
    const looks = this.progress(options);
    for (;;) {
      const look = await looks.next();
      if (look.done === true) return look.value;
    }
  }

  #path(): string {
    return `/runs/bulk/${encodeURIComponent(this.id)}`;
  }
}

/** Counts the runs that an action would be for; does nothing to them. */
export function countBulk(
  connection: Connection,
  action: BulkAction,
  filter: Query,
  options: CallOptions,
): Promise<BulkCount> {
  return connection.json({
    ...{ method: "POST", path: "/runs/bulk", body: { ...action, filter, dry_run: true }, isRepeatable: true },
    ...options,
  });
}

/** Begins an action, once, however often the answer is lost. */
export async function startBulk(
  connection: Connection,
  action: BulkAction,
  filter: Query,
  { idempotencyKey, signal }: KeyedOptions,
): Promise<BulkHandle> {
  const { bulk_id } = await connection.json<{ bulk_id: string }>({
    ...{ method: "POST", path: "/runs/bulk", body: { ...action, filter }, isRepeatable: true },
    headers: { "idempotency-key": idempotencyKey ?? newKey() },
    ...(signal === undefined ? {} : { signal }),
  });
  return new BulkHandle(connection, bulk_id);
}
