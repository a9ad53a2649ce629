import type { Clock } from "../../../clock.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { codeOf } from "../../../errors.ts";
import { isUuid } from "../../../ids.ts";
import type { InsertedRun, NewRun, Outcome, Unnamed } from "../../port.ts";
import { notFound, UNSTORABLE } from "../../refusals.ts";
import type { Ids } from "../ids.ts";
import { boundsOf, writeBatch } from "../statement.ts";
import { INSERT, INSERT_BY_UUID } from "./insert-runs.ts";
import { insertTurnRuns } from "./turn-runs.ts";

const UNIQUE_VIOLATION = "23505";

interface StoredRun {
  uuid: string;
  workflowUuid: string | null;
  workflowVersion: number;
  claimed: boolean;
  ended: boolean;
  /** Whether its workflow was found: if it was, a run that is not stored came too late. */
  found?: boolean;
  /** The version that a run which is not stored has to be made by; null where that is not why. */
  otherUuid?: string | null;
  otherVersion?: number;
  /** Whether the uuid is that of a run of another namespace. */
  isOthers?: boolean;
}

/** Stores runs. */
export class NewRuns {
  readonly #pool: Pool;
  readonly #ids: Ids;
  readonly #clock: Clock;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, ids: Ids, clock: Clock, owesEvents: boolean) {
    this.#pool = pool;
    this.#ids = ids;
    this.#clock = clock;
    this.#event = owesEvents ? "owed" : "none";
  }

  insert(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]> {
    return writeBatch(items, (batch) => this.#ids.store(batch, (named, oldest) => this.#insertAll(named, oldest)));
  }

  /** Null for each whose id came too late. */
  async #insertAll(items: NewRun[], oldest: number | null): Promise<(Outcome<InsertedRun> | null)[]> {
    if (items.every(({ turn }) => turn === undefined)) return this.#insertOthers(items, oldest);
    // Those that take turns are counted under a lock, so they have a statement of their own.
    const turned = items.filter(({ turn }) => turn !== undefined);
    const others = items.filter(({ turn }) => turn === undefined);
    const first = (await insertTurnRuns(this.#pool, turned, oldest)).values();
    const rest = (await this.#insertOthers(others, oldest)).values();
    return items.map(({ turn }) => (turn === undefined ? rest : first).next().value ?? null);
  }

  async #insertOthers(items: NewRun[], oldest: number | null): Promise<(Outcome<InsertedRun> | null)[]> {
    const byUuid = items.filter(({ workflow }) => isUuid(workflow));
    const fresh = new Map((await this.#insertNew(byUuid, oldest)).map((row) => [row.uuid, row]));
    const stored = new Map(byUuid.map((item) => [item, fresh.get(item.uuid)]));
    const others = items.filter((item) => stored.get(item) === undefined);
    const rows = await this.#insert(INSERT, others, oldest, boundsOf(others.map(({ uuid }) => uuid)));
    for (const [index, item] of others.entries()) stored.set(item, rows[index]);
    return items.map((item) => {
      const { uuid, workflow } = item;
      const row = stored.get(item);
      if (row?.isOthers) return row.found ? UNSTORABLE : notFound(workflow);
      if (row?.workflowUuid == null) return row?.found ? otherVersionOf(row) : notFound(workflow);
      const { workflowUuid, workflowVersion, claimed, ended } = row;
      return { kind: "ok", value: { uuid, workflowUuid, workflowVersion, claimed, ended } };
    });
  }

  /** Stores none if one of them is stored already. */
  async #insertNew(items: NewRun[], oldest: number | null): Promise<StoredRun[]> {
    try {
      return await this.#insert(INSERT_BY_UUID.call, items, oldest);
    } catch (error) {
      if (codeOf(error) === UNIQUE_VIOLATION) return [];
      throw error;
    }
  }

  async #insert(
    statement: string,
    items: NewRun[],
    oldest: number | null,
    bounds: string[] = [],
  ): Promise<StoredRun[]> {
    if (items.length === 0) return [];
    const text = JSON.stringify(items.map(insertable));
    return this.#pool.run<StoredRun>(statement, [text, this.#event, this.#clock.now(), oldest, ...bounds]);
  }
}

/** Null for a run whose id came too late. */
function otherVersionOf({ uuid, otherUuid, otherVersion = 1 }: StoredRun): Outcome<InsertedRun> | null {
  if (otherUuid == null) return null;
  const version = { workflowUuid: otherUuid, workflowVersion: otherVersion };
  return { kind: "ok", value: { uuid, ...version, claimed: false, ended: false, unprepared: true } };
}

/** Absent fields are left out: PostgreSQL would have to parse a null. */
/** The item of a run in the statements that insert them. */
export function insertable(
  {
    uuid,
    namespace,
    workflow,
    payload,
    depth,
    traceparent,
    tags,
    preparedFor,
    graceMilliseconds,
    claim,
    progress,
  }: NewRun,
  position: number,
) {
  return {
    position,
    uuid,
    namespace,
    workflow,
    workflowUuid: isUuid(workflow) ? workflow : undefined,
    payload,
    grace: graceMilliseconds,
    depth,
    traceparent: traceparent ?? undefined,
    claimId: claim?.claimId,
    worker: claim?.worker,
    toldUuid: progress?.told.workflowUuid,
    toldVersion: progress?.told.version,
    startedAt: progress?.startedAt,
    status: progress?.next.status,
    error: progress?.next.error ?? undefined,
    stepResults: progress?.next.stepResults,
    tags,
    preparedUuid: preparedFor?.workflowUuid,
    preparedVersion: preparedFor?.version,
    output: progress?.next.output,
    errorDetails: progress?.next.errorDetails,
  };
}
