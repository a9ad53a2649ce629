import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { PostgresAddress } from "../../config/postgres.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import type { PoolSettings, Pools } from "../../db/postgres/postgres.ts";
import { openReplicaPool, type ReplicaPool } from "../../db/postgres/replica-pool.ts";
import { messageOf } from "../../errors.ts";
import { idFloor } from "../../ids.ts";
import { replicaLag } from "../../metrics/gauges.ts";
import type { Collector } from "../../metrics/readings.ts";
import { Rest, within } from "../../resilience/waiting.ts";
import type { Replica } from "../port/finding/replica.ts";
import type { Reads } from "../port.ts";
import { SETTLED, type Settled } from "./ids.ts";
import { digitsOf, NOWHERE, POSITION, Positions } from "./positions.ts";

const SYSTEM = "(select system_identifier::text from pg_control_system())";
const PRIMARY = `select ${POSITION} as position, ${SYSTEM} as system`;
/** The position is read after the bound: what the bound leaves behind is before it. */
const SETTLED_AT = `with settled as materialized (${SETTLED}) select time, ${POSITION} as position from settled`;
const REPLAYED = `select case when pg_is_in_recovery() then ${digitsOf("pg_last_wal_replay_lsn()")} end as position`;
const COPY = `${REPLAYED}, ${SYSTEM} as system`;

const LOOK_MILLISECONDS = 1000;
/** One that had everything so long ago is near. */
const NEAR_MILLISECONDS = 3000;
/** How long a read waits for what the replica lacks, and how often it looks meanwhile. */
const WAIT_MILLISECONDS = 100;
const PAUSE_MILLISECONDS = 5;
/** Of positions of the primary that the replica has yet to reach. */
const MOST_MARKS = 10;

export interface ReplicaOptions {
  address: PostgresAddress;
  config: PoolSettings;
  primary: Pick<Pools, "writes" | "reads">;
  /** Of this machine. */
  clock: Clock;
  log: Logger;
}

/** A position of the primary, and when it was asked for, on the monotonic clock. */
interface Mark {
  at: number;
  position: string;
}

/**
 * A PostgreSQL that streams from the primary. What it has replayed is visible to statements that begin after that was asked, and
 * stays so: the last answer is kept until a connection fails, since after that another server may be there.
 */
export class PostgresReplica implements Replica {
  readonly reads: Reads;
  readonly collector: Collector;
  readonly #options: ReplicaOptions;
  readonly #pool: ReplicaPool;
  readonly #positions: Positions;
  /** Up to where it was seen to have replayed; empty for nowhere. */
  #replayed = "";
  /** Where it was when a read had waited in vain: others wait again once it has moved. */
  #stuckAt: string | null = null;
  /** When it had everything, as far as is known. */
  #completeAt = Number.NEGATIVE_INFINITY;
  #marks: Mark[] = [];
  #looking: Promise<void> | null = null;
  #isReplica = true;
  #cancelTimer: () => void = () => {};
  #closed = false;

  private constructor(options: ReplicaOptions, reads: (pool: Pool, settled: Settled) => Reads) {
    const { address, config, primary, clock, log } = options;
    this.#options = options;
    this.#positions = new Positions(primary.writes, clock);
    this.#pool = openReplicaPool(address, config, clock, log, () => this.#forget());
    this.reads = reads(this.#pool.pool, () => this.#settled());
    this.collector = { name: "replica", read: () => this.#readings() };
  }

  /** `reads` makes the reads on a pool. */
  static open(options: ReplicaOptions, reads: (pool: Pool, settled: Settled) => Reads): PostgresReplica {
    const replica = new PostgresReplica(options, reads);
    replica.#look();
    return replica;
  }

  breaker = () => this.#pool.breaker();

  isNear(): boolean {
    const age = this.#options.clock.monotonic() - this.#completeAt;
    return age < NEAR_MILLISECONDS && this.#isReplica && this.breaker() === "closed";
  }

  position(): Promise<string> {
    return this.#positions.next();
  }

  async reaches(position: string): Promise<boolean> {
    if (!this.isNear()) return false;
    if (position <= this.#replayed) return true;
    if (this.#stuckAt === this.#replayed || position === NOWHERE) return false;
    const { clock } = this.#options;
    const waiting = { isOver: false };
    try {
      await within(clock, WAIT_MILLISECONDS, this.#follow(position, waiting), () => new Error("the replica is behind"));
    } catch {
      // Asked again by the next one that waits, once a look has found it elsewhere.
      if (position > this.#replayed) this.#stuckAt = this.#replayed;
    } finally {
      waiting.isOver = true;
    }
    return position <= this.#replayed;
  }

  async check(): Promise<"up" | "degraded"> {
    if (!this.#isReplica) throw new Error("it is no replica of this database");
    if (this.breaker() !== "closed") throw new Error("it is out of reach");
    return this.isNear() ? "up" : "degraded";
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#pool.close();
  }

  /** See Settled: every id below the bound that is ever stored was committed before the position that the replica has to reach. */
  async #settled(): Promise<string> {
    const [row] = await this.#options.primary.reads.run<{ time: number; position: string }>(SETTLED_AT, []);
    if (row === undefined || !(await this.reaches(row.position))) throw new Error("the replica is behind");
    return idFloor(Math.floor(row.time));
  }

  async #follow(position: string, waiting: { isOver: boolean }): Promise<void> {
    const rest = new Rest(this.#options.clock);
    for (;;) {
      await this.#update();
      if (waiting.isOver || position <= this.#replayed) return;
      await rest.take(PAUSE_MILLISECONDS);
    }
  }

  /** Asks how far it is. Those that ask at the same time share an answer: it can only be too old, and is asked for again then. */
  #update(): Promise<void> {
    this.#looking ??= this.#pool.pool
      .run<{ position: string | null }>(REPLAYED, [])
      .then(([row]) => this.#note(row?.position ?? null))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  #note(position: string | null): void {
    this.#judge(position !== null);
    if (position !== null && position > this.#replayed) this.#replayed = position;
  }

  /** Says once what changed. */
  #judge(isReplica: boolean): void {
    if (isReplica === this.#isReplica) return;
    this.#isReplica = isReplica;
    const { log } = this.#options;
    if (isReplica) log.info("POSTGRES_REPLICA_HOST is a replica again");
    else log.warn("POSTGRES_REPLICA_HOST is no replica of the primary; nothing is read there");
    if (!isReplica) this.#forget();
  }

  async #look(): Promise<void> {
    const { clock, primary, log } = this.#options;
    const at = clock.monotonic();
    try {
      const [here] = await primary.reads.run<{ position: string; system: string }>(PRIMARY, []);
      if (here !== undefined) {
        this.#marks = [...this.#marks, { at, position: here.position }].slice(-MOST_MARKS);
        const [copy] = await this.#pool.pool.run<{ position: string | null; system: string }>(COPY, []);
        this.#note(copy?.system === here.system ? copy.position : null);
      }
      const reached = this.#marks.findLastIndex(({ position }) => position <= this.#replayed);
      this.#completeAt = this.#marks[reached]?.at ?? this.#completeAt;
      this.#marks.splice(0, reached + 1);
    } catch (error) {
      log.debug({ error: messageOf(error) }, "replica not looked at");
    }
    if (!this.#closed) this.#cancelTimer = clock.timer(LOOK_MILLISECONDS, () => this.#look());
  }

  #forget(): void {
    this.#replayed = "";
    this.#stuckAt = null;
    this.#completeAt = Number.NEGATIVE_INFINITY;
  }

  #readings() {
    const lag = (this.#options.clock.monotonic() - this.#completeAt) / 1000;
    return [...this.#pool.readings(), ...(Number.isFinite(lag) ? [replicaLag.at({}, lag)] : [])];
  }
}
