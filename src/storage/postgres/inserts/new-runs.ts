import type { Clock } from "../../../clock.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { codeOf } from "../../../errors.ts";
import { isUuid } from "../../../ids.ts";
import type { InsertedRun, NewRun, Outcome, Unnamed } from "../../port.ts";
import { notFound, UNSTORABLE } from "../../refusals.ts";
import type { Ids } from "../ids.ts";
import { boundsOf, writeBatch } from "../statement.ts";
import { INSERT, INSERT_BY_UUID, INSERT_UNCOMMON } from "./insert-runs.ts";
import { FIND_REQUEST_KEYS } from "./request-keys.ts";
import { insertTurnRuns, TURN_FUNCTIONS } from "./turn-runs.ts";

/** What the database keeps for inserts. */
export const INSERT_STATEMENTS = [INSERT_BY_UUID, INSERT_UNCOMMON, ...TURN_FUNCTIONS, FIND_REQUEST_KEYS];

const UNIQUE_VIOLATION = "23505";

interface StoredRun {
  uuid: string;
  workflowUuid: string | null;
  workflowVersion: number;
  claimed: boolean;
  ended: boolean;
  /** Whether its workflow was found: if it was, a run that is not stored came too late. */
  found?: boolean;
  /** Whether another request had its key first. */
  isTaken?: boolean;
  /** The version that a run which is not stored has to be made by, or would have had; null where that is not why. */
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

  async insert(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]> {
    const given = items.filter(({ uuid }) => uuid !== null);
    if (given.length === 0 || given.length === items.length) return this.#insertBatch(items);
    const made = items.filter(({ uuid }) => uuid === null);
    // Those whose callers gave them ids have no fence, and must not take that of the others away.
    const [first, rest] = await Promise.all([this.#insertBatch(made), this.#insertBatch(given)]);
    const [fenced, unfenced] = [first.values(), rest.values()];
    return items.flatMap(({ uuid }) => (uuid === null ? fenced : unfenced).next().value ?? []);
  }

  #insertBatch(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]> {
    return writeBatch(items, (batch) => this.#ids.store(batch, (named, oldest) => this.#insertAll(named, oldest)));
  }

  /** Null for each whose id came too late. */
  async #insertAll(items: NewRun[], oldest: number | null): Promise<(Outcome<InsertedRun> | null)[]> {
    if (items.every((item) => wayOf(item) === "common")) return this.#insertCommon(items, oldest);
    const outcomes = new Map<NewRun, Outcome<InsertedRun> | null>();
    for (const [way, part] of Map.groupBy(items, wayOf)) {
      const stored = await this.#insertPart(way, part, oldest);
      for (const [index, item] of part.entries()) outcomes.set(item, stored[index] ?? null);
    }
    return items.map((item) => outcomes.get(item) ?? null);
  }

  async #insertPart(way: Way, items: NewRun[], oldest: number | null): Promise<(Outcome<InsertedRun> | null)[]> {
    if (way === "turn") return insertTurnRuns(this.#pool, items, oldest);
    if (way === "common") return this.#insertCommon(items, oldest);
    const rows = await this.#insert(INSERT_UNCOMMON.call, items, oldest, boundsOf(items.map(({ uuid }) => uuid)));
    return items.map((item, index) => outcomeOf(item, rows[index]));
  }

  async #insertCommon(items: NewRun[], oldest: number | null): Promise<(Outcome<InsertedRun> | null)[]> {
    const byUuid = items.filter(({ workflow }) => isUuid(workflow));
    const fresh = new Map((await this.#insertNew(byUuid, oldest)).map((row) => [row.uuid, row]));
    const stored = new Map(byUuid.map((item) => [item, fresh.get(item.uuid)]));
    const others = items.filter((item) => stored.get(item) === undefined);
    const rows = await this.#insert(INSERT, others, oldest, boundsOf(others.map(({ uuid }) => uuid)));
    for (const [index, item] of others.entries()) stored.set(item, rows[index]);
    return items.map((item) => outcomeOf(item, stored.get(item)));
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

type Way = "common" | "uncommon" | "turn";

/** The statement that stores a run. Those that take turns are counted under a lock; hardly any has what INSERT_UNCOMMON is for. */
function wayOf({ turn, requestKey, startAt, priority }: NewRun): Way {
  if (turn !== undefined) return "turn";
  return requestKey === undefined && startAt === undefined && priority === undefined ? "common" : "uncommon";
}

/** Null for a run whose id came too late. */
function outcomeOf({ uuid, workflow }: NewRun, row: StoredRun | undefined): Outcome<InsertedRun> | null {
  if (row?.isOthers) return row.found ? UNSTORABLE : notFound(workflow);
  if (row?.workflowUuid == null) return row?.found ? leftOf(row) : notFound(workflow);
  const { workflowUuid, workflowVersion, claimed, ended } = row;
  return { kind: "ok", value: { uuid, workflowUuid, workflowVersion, claimed, ended } };
}

/** Null for a run whose id came too late. */
function leftOf({ uuid, isTaken, otherUuid, otherVersion = 1 }: StoredRun): Outcome<InsertedRun> | null {
  if (otherUuid == null) return null;
  const why = isTaken === true ? { isTaken } : { unprepared: true as const };
  const version = { workflowUuid: otherUuid, workflowVersion: otherVersion };
  return { kind: "ok", value: { uuid, ...version, claimed: false, ended: false, ...why } };
}

/** The item of a run in the statements that insert them. Absent fields are left out: PostgreSQL would have to parse a null. */
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
    requestKey,
    startAt,
    priority,
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
    route: requestKey?.route,
    key: requestKey?.key,
    hash: requestKey?.hash,
    startAt,
    priority,
  };
}
