import { few, keptStatement } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { isUuid } from "../../../ids.ts";
import type { ControlRequest, ControlResult, ControlStanding, HolderNews } from "../../../schemas/control/control.ts";
import { nameOfRun, type RunKey } from "../../../schemas/runs/run.ts";
import type { Held, Outcome } from "../../port.ts";
import { boundRuns, boundsOf, rounds, within } from "../statement.ts";
import { CANCEL_RUNS } from "./cancel.ts";
import { PAUSE_RUNS, RESUME_RUNS } from "./pause.ts";

export const CONTROL_OF = keptStatement(
  "control_of",
  ["text"],
  { namespace: "text", uuid: "uuid", token: "integer", kind: "text", compensates: "boolean", last: "integer" },
  `select namespace, run_uuid, token, case when control is null then 'pause' else control end, compensates, inbox from run_queue
  where holder = $1::text::uuid and (control is not null or paused_at is not null) and not is_obeyed and ${few("length(namespace)")}
  union all
  select namespace, run_uuid, token, 'inbox', compensates, inbox from run_queue
  where holder = $1::text::uuid and inbox > inbox_heard and (control is null or is_obeyed) and ${few("inbox")}`,
);

const STANDINGS = `select r.namespace, r.uuid,
    case when r.completed_at is not null then 'over' when q.control is not null then 'cancelling' else 'open' end as standing
  from workflow_runs r left join run_queue q on q.run_uuid = r.uuid
  where r.uuid = any($2::uuid[]) and r.namespace = any($1::text[]) and ${within("r.uuid", "$3", "$4")}`;

/** What the database keeps for requests to runs. */
export const CONTROL_STATEMENTS = [CANCEL_RUNS, PAUSE_RUNS, RESUME_RUNS, CONTROL_OF];

/** Attempts for a run that is claimed and given back meanwhile, again and again. */
const ATTEMPTS = 5;

/** Requests to runs. */
export class Control {
  readonly #pool: Pool;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, owesEvents: boolean) {
    this.#pool = pool;
    this.#event = owesEvents ? "owed" : "none";
  }

  async request(items: ControlRequest[]): Promise<Outcome<ControlResult>[]> {
    const results = new Map<ControlRequest, ControlResult | "open">();
    for (const round of rounds(
      items.filter(({ uuid }) => isUuid(uuid)),
      ({ uuid }) => uuid,
    )) {
      let left = round;
      for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) {
        for (const [kind, asked] of Map.groupBy(left, ({ kind }) => kind)) {
          for (const { position, result } of await this.#ask(kind, asked)) {
            const item = asked[position];
            if (item !== undefined) results.set(item, result);
          }
        }
        const open = left.filter((item) => results.get(item) === "open");
        // Of a family one generation is answered at a time.
        if (open.length < left.length) attempt = 0;
        left = open;
      }
    }
    return items.map((item) => {
      const result = results.get(item);
      if (result === undefined) return { kind: "error", code: "run_not_found", subject: item.uuid };
      return result === "open" ? { kind: "lost" } : { kind: "ok", value: result };
    });
  }

  #ask(kind: ControlRequest["kind"], asked: ControlRequest[]): Promise<Answer[]> {
    const text = JSON.stringify(asked.map((item, position) => ({ ...item, position })));
    const bounds = boundsOf(asked.map(({ uuid }) => uuid));
    if (kind === "cancel") return this.#pool.run(CANCEL_RUNS.call, [text, this.#event, ...bounds]);
    return this.#pool.run((kind === "pause" ? PAUSE_RUNS : RESUME_RUNS).call, [text, ...bounds]);
  }

  async standings(keys: RunKey[]): Promise<(ControlStanding | null)[]> {
    const asked = boundRuns(keys.filter(({ uuid }) => isUuid(uuid)));
    const rows = await this.#pool.run<RunKey & { standing: ControlStanding }>(STANDINGS, asked);
    const found = new Map(rows.map((row) => [nameOfRun(row), row.standing]));
    return keys.map((key) => found.get(nameOfRun(key)) ?? null);
  }

  async of(worker: string): Promise<(Held & HolderNews)[]> {
    const rows = await this.#pool.run<NewsRow>(CONTROL_OF.call, [worker]);
    return rows.map(({ kind, compensates, last, ...held }) => {
      if (kind === "inbox") return { ...held, kind, last };
      return kind === "pause" ? { ...held, kind } : { ...held, kind, compensates };
    });
  }
}

interface Answer {
  position: number;
  result: ControlResult | "open";
}

interface NewsRow extends Held {
  kind: HolderNews["kind"];
  compensates: boolean;
  last: number;
}
