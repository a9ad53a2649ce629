/** Places in the log of the primary (LSN), as 16 digits of which a later one is greater as a text. */
import type { Clock } from "../../clock.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { within } from "../../resilience/waiting.ts";

export const digitsOf = (lsn: string) => `lpad(to_hex((${lsn} - '0/0'::pg_lsn)::bigint), 16, '0')`;

/** SQL for a position behind every commit that was answered. A replica is sent what is on disk alone; without synchronous_commit that is less. */
export const POSITION =
  digitsOf(`(case current_setting('synchronous_commit') when 'off' then pg_current_wal_insert_lsn()
    else pg_current_wal_flush_lsn() end)`);

/** No replica reaches it, so its reader asks the primary. */
export const NOWHERE = "ffffffffffffffff";

const LONGEST_MILLISECONDS = 1000;

/** The positions of writes that were answered. */
export class Positions {
  readonly #primary: Pool;
  readonly #clock: Clock;
  #sent: Promise<unknown> = Promise.resolve();
  #unsent: Promise<string> | null = null;

  constructor(primary: Pool, clock: Clock) {
    this.#primary = primary;
    this.#clock = clock;
  }

  /**
   * Asked where writes go, so that slow reads hold up no answer to one. Calls share a question that has not been sent yet, so that
   * no answer is older than its call. NOWHERE if none comes within 1 s.
   */
  next(): Promise<string> {
    this.#unsent ??= this.#askNext();
    return this.#unsent;
  }

  async #askNext(): Promise<string> {
    await this.#sent;
    this.#unsent = null;
    const answer = this.#primary.run<{ position: string }>(`select ${POSITION} as position`, []);
    const position = within(this.#clock, LONGEST_MILLISECONDS, answer, () => new Error("no position")).then(
      ([row]) => row?.position ?? NOWHERE,
      () => NOWHERE,
    );
    this.#sent = position;
    return position;
  }
}
