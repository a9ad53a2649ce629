import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import { failpoint } from "../../failpoints.ts";
import type { ControlRequest } from "../../schemas/control/control.ts";
import type {
  BulkMove,
  BulkRecord,
  BulkRefusal,
  NewRetry,
  RunSummary,
  RunsLooked,
  Storage,
  Unnamed,
} from "../../storage/port.ts";
import type { Due } from "../due-work.ts";
import { NAMESPACE } from "../namespace.ts";
import type { RetryService } from "../retries.ts";
import type { TriggerEvents } from "../trigger-events.ts";
import { LOOKED_AT, lookBehind } from "./bulk.ts";
import { plannedRetry } from "./planned.ts";

/** How long a process has an action for itself: another one goes on with it then. */
const HOLD_MILLISECONDS = 5000;
/** Runs of one step: a retry reads its run and log, and is stored by a statement of its own. */
const REQUESTS = 100;
const RETRIES = 20;
/** Of what the retries of a step keep and are given: one more is the last. A run may have nine million. */
const RETRIED_CHARACTERS = 4 * 1024 * 1024;

/** What a step does to its runs, the first ones that were looked at. */
type Acts = Pick<BulkMove, "retries" | "requests" | "refused">;

const NOTHING: Acts = { retries: [], requests: [], refused: [] };

/**
 * Carries out actions upon many runs, a page of them at a time: what is done to the runs of a page is stored with how far the action has
 * come, so that each run is acted upon once, whichever process does it and whenever it dies.
 */
export class CarryingOut implements Due {
  readonly name = "bulk actions";
  readonly #storage: Pick<Storage, "bulk" | "lookForRuns" | "takeTurns">;
  readonly #retries: RetryService;
  readonly #events: TriggerEvents;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(
    storage: Pick<Storage, "bulk" | "lookForRuns" | "takeTurns">,
    retries: RetryService,
    events: TriggerEvents,
    clock: Clock,
    log: Logger,
  ) {
    this.#storage = storage;
    this.#retries = retries;
    this.#events = events;
    this.#clock = clock;
    this.#log = log;
  }

  nextDue(): Promise<number | null> {
    return this.#storage.bulk.nextDue();
  }

  /** Does a step of the action that is due first. 0 where none is. @throws PlatformError storage_unavailable, overloaded */
  async doDue(): Promise<number> {
    const began = this.#clock.monotonic();
    const bulk = await this.#storage.bulk.claimDue(HOLD_MILLISECONDS);
    if (bulk === null) return 0;
    const isCounting = bulk.status === "counting";
    const size = isCounting ? LOOKED_AT : bulk.action === "retry" ? RETRIES : REQUESTS;
    const found = await this.#storage.lookForRuns(lookBehind(bulk.after, bulk.settings.filter, size));
    const acts = isCounting ? NOTHING : await this.#actsFor(bulk, found.runs);
    const looked = isCounting ? found : lookedUpTo(found, acts);
    failpoint("bulk_decided");
    // As long as it took: others have the database for themselves meanwhile.
    const rest = this.#clock.monotonic() - began;
    const move = { bulk: bulk.uuid, revision: bulk.revision, ...placeBehind(bulk, looked, rest), ...acts };
    const outcome = await this.#storage.bulk.move(move);
    failpoint("bulk_moved");
    if (outcome.kind !== "ok") return 1;
    const { retried, asked } = outcome.value;
    for (const one of retried) if (one.kind === "ok") await this.#retries.tell(one.value);
    await this.#tell(looked.runs, acts.requests, asked);
    return 1;
  }

  async #actsFor({ action, settings }: BulkRecord, runs: RunSummary[]): Promise<Acts> {
    const { reason, compensates } = settings;
    if (action !== "retry") {
      const said = { ...(reason !== undefined && { reason }), ...(compensates !== undefined && { compensates }) };
      const requests = runs.map(({ uuid }) => ({ namespace: NAMESPACE, uuid, kind: action, ...said }));
      return { ...NOTHING, requests };
    }
    const retries: Unnamed<NewRetry>[] = [];
    const refused: BulkRefusal[] = [];
    let characters = 0;
    for (const { uuid } of runs) {
      if (characters >= RETRIED_CHARACTERS) break;
      const planned = await plannedRetry(this.#retries, uuid, settings, (error) =>
        this.#log.error({ run_id: uuid, error: messageOf(error) }, "run not retried"),
      );
      if ("refused" in planned) refused.push(planned.refused);
      else {
        retries.push(planned.retry);
        characters += planned.retry.log.length + planned.retry.payload.length;
      }
    }
    return { ...NOTHING, retries, refused };
  }

  /** Tells workers of what was asked of runs: one that looks finds all of it. */
  async #tell(runs: RunSummary[], requests: ControlRequest[], asked: (string | null)[]): Promise<void> {
    const cancelled = requests.filter((_, index) => asked[index] === "cancelled");
    // Others may have waited for their ends, which nobody else tells.
    if (cancelled.length > 0)
      await this.#storage.takeTurns(cancelled.map(({ uuid }) => ({ namespace: NAMESPACE, uuid })));
    const woken = runs.find((_, index) => asked[index] === "requested" || asked[index] === "resumed");
    if (woken !== undefined) this.#events.wake({ ...woken, namespace: NAMESPACE });
  }
}

/** A look as though it had ended behind the last run that is acted upon. */
function lookedUpTo({ runs, lookedTo }: RunsLooked, { retries, requests, refused }: Acts): RunsLooked {
  const acted = runs.slice(0, retries.length + requests.length + refused.length);
  return { runs: acted, lookedTo: acted.length < runs.length ? (acted.at(-1)?.uuid ?? null) : lookedTo };
}

/** Where an action goes behind a look. */
function placeBehind(
  { status }: BulkRecord,
  { runs, lookedTo }: RunsLooked,
  restMilliseconds: number,
): Pick<BulkMove, "to" | "restMilliseconds" | "counted"> {
  const counted = status === "counting" ? runs.length : 0;
  if (lookedTo !== null) return { to: { status, after: lookedTo }, restMilliseconds, counted };
  // What was counted is acted upon from the newest on.
  if (status === "counting") return { to: { status: "running", after: null }, restMilliseconds, counted };
  return { to: { status: "done", after: null }, restMilliseconds: null, counted };
}
