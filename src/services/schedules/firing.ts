import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { messageOf, PlatformError, ValidationFailed } from "../../errors.ts";
import { failpoint } from "../../failpoints.ts";
import { type Decision, decide, type Skip } from "../../language/schedules/decision.ts";
import { payloadOf } from "../../language/schedules/payload.ts";
import { timingOf } from "../../language/schedules/timing.ts";
import { MAX_DEPTH_OF_RUNS } from "../../schemas/runs/depth.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import { type ScheduleSettings, SKIP_REASONS, type SkipReason } from "../../schemas/schedule.ts";
import type { DueSchedule, InsertedRun, NewRun, ScheduleMove, ScheduleRecord, Storage } from "../../storage/port.ts";
import type { Preparing } from "../preparing.ts";
import type { TriggerEvents } from "../trigger-events.ts";

/** Schedules that are claimed at once. */
const MOST = 500;
/** How long a claim keeps others away: if its process dies, its ticks come later by this. */
const HOLD_MILLISECONDS = 5000;
/** Attempts for a run whose workflow gets one version after the other meanwhile. */
const ATTEMPTS = 5;

export interface FiringOptions {
  storage: Storage;
  preparing: Preparing;
  events: TriggerEvents;
  clock: Clock;
  log: Logger;
  /** How long a message has to bring a run to a worker before the sweeper looks for it. */
  graceMilliseconds: number;
}

type TickRun = Omit<NewRun, "uuid">;

/** A claimed schedule and what is decided about it; `refused` is why its tick gets no run. */
interface Open {
  schedule: DueSchedule;
  decision: Decision;
  refused: SkipReason | null;
}

/** Fires ticks of schedules: each gets its run in the transaction that moves its schedule. */
export class Firing {
  readonly #options: FiringOptions;

  constructor(options: FiringOptions) {
    this.#options = options;
  }

  /** Claims schedules whose time has come, and fires a tick of each; gives how many there were. */
  async fireDue(): Promise<number> {
    const { storage, clock } = this.#options;
    const due = await storage.schedules.claimDue(MOST, HOLD_MILLISECONDS);
    if (due.length === 0) return 0;
    failpoint("schedules_claimed");
    const now = clock.now();
    let open = due.map((schedule): Open => ({ schedule, decision: decisionOf(schedule, now), refused: null }));
    const cancelled = open.flatMap(({ schedule: { namespace, lastRunId: uuid }, decision }) =>
      decision.cancels && uuid !== null ? [{ namespace, uuid }] : [],
    );
    if (cancelled.length > 0) await this.#cancel(cancelled);
    for (let attempt = 0; open.length > 0 && attempt < ATTEMPTS; attempt++) open = await this.#move(open, attempt);
    return due.length;
  }

  /**
   * A run of a schedule now, whatever its ticks do.
   *
   * @param depth workflows that triggered one another up to it
   * @throws PlatformError as a trigger does
   * @throws ValidationFailed where its payload is not what the workflow's input says
   */
  async runNow(schedule: ScheduleRecord, depth: number): Promise<string> {
    if (depth > MAX_DEPTH_OF_RUNS) throw new PlatformError("depth_exceeded");
    const { storage, clock } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const made = await this.#runOf(schedule, clock.now(), attempt > 0);
      if ("faults" in made) {
        if (attempt > 0) throw new ValidationFailed(made.faults);
        continue;
      }
      const run = { ...made, depth };
      const { uuid, revision } = schedule;
      const [outcome] = await storage.schedules.move([{ schedule: uuid, revision, to: null, skipped: null, run }]);
      if (outcome?.kind === "error" && (attempt > 0 || outcome.code !== "workflow_not_found")) {
        throw new PlatformError(outcome.code, outcome.subject);
      }
      if (outcome?.kind === "lost") {
        const found = await storage.schedules.find(schedule);
        if (found === null) throw new PlatformError("schedule_not_found", schedule.id);
        schedule = found;
      }
      if (outcome?.kind !== "ok" || outcome.value === null || outcome.value.unprepared) continue;
      this.#started(run, outcome.value);
      return outcome.value.uuid;
    }
    throw new PlatformError("overloaded");
  }

  /** Moves schedules; gives those that have to be tried again. */
  async #move(open: Open[], attempt: number): Promise<Open[]> {
    const moves = await Promise.all(open.map((one) => this.#moveOf(one, attempt > 0)));
    const outcomes = await this.#options.storage.schedules.move(moves);
    failpoint("schedules_moved");
    const again: Open[] = [];
    for (const [index, one] of open.entries()) {
      const outcome = outcomes[index];
      const run = moves[index]?.run ?? null;
      if (outcome?.kind === "ok" && outcome.value !== null && run !== null) {
        if (outcome.value.unprepared) again.push(one);
        else this.#started(run, outcome.value);
      } else if (outcome?.kind === "error") {
        // The version that the last tick found may be that of a workflow which was deleted, and made anew.
        const isOld = attempt === 0 && outcome.code === "workflow_not_found";
        again.push(isOld ? one : { ...one, refused: reasonOf(outcome.code) });
      }
    }
    return again;
  }

  async #moveOf({ schedule, decision, refused }: Open, isAgain: boolean): Promise<ScheduleMove> {
    const { tick, position, dueAt, skipped } = decision;
    const { uuid, revision } = schedule;
    const move = { schedule: uuid, revision, to: { position, dueAt }, skipped, run: null };
    if (tick === null) return move;
    if (refused !== null) return { ...move, skipped: { tick, reason: refused } };
    try {
      let run = await this.#runOf(schedule, tick, isAgain);
      if ("faults" in run && !isAgain) run = await this.#runOf(schedule, tick, true);
      return "faults" in run ? { ...move, skipped: skipOf(tick, "validation_failed") } : { ...move, run };
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "workflow_not_found") throw error;
      return { ...move, skipped: skipOf(tick, "workflow_not_found") };
    }
  }

  /** The run of a tick, made by the version of its workflow that is known, or by the newest. @throws PlatformError workflow_not_found */
  async #runOf(
    { namespace, id, workflow, settings }: ScheduleRecord,
    tick: number,
    byNewest: boolean,
  ): Promise<TickRun | { faults: ValidationFailed["faults"] }> {
    const { preparing, graceMilliseconds } = this.#options;
    const { payload: template = {} }: ScheduleSettings = JSON.parse(settings);
    const filled = payloadOf(template, id, tick);
    if ("fault" in filled) return { faults: [{ loc: ["body", "payload"], msg: filled.fault, type: "value_error" }] };
    let version = byNewest ? undefined : preparing.preparations.likelyVersion(namespace, workflow);
    if (version === undefined) {
      version = await preparing.newestVersion(namespace, workflow);
      preparing.preparations.learn(workflow, version);
    }
    const made = await preparing.prepare(version, filled);
    if ("faults" in made) return made;
    const common = { namespace, workflow: version.workflowUuid, depth: 0, traceparent: null };
    return { ...common, ...made, graceMilliseconds, claim: null, progress: null };
  }

  /** Tells the workers. Whoever lets a run begin later finds it due. */
  #started({ namespace, payload, traceparent }: TickRun, inserted: InsertedRun): void {
    if (inserted.cancel !== undefined) void this.#cancel(inserted.cancel);
    if (inserted.waits) return;
    const { uuid: run_id, workflowUuid: workflow_id, workflowVersion: workflow_version } = inserted;
    this.#options.events.publish({
      namespace,
      run_id,
      workflow_id,
      workflow_version,
      payload,
      traceparent,
      isWake: false,
    });
  }

  /** Asks for the end of runs. It is asked for again as long as something waits for it. */
  async #cancel(runs: RunKey[]): Promise<void> {
    const { storage, log } = this.#options;
    try {
      await storage.requestControl(runs.map((run) => ({ ...run, kind: "cancel" })));
    } catch (error) {
      log.warn({ error: messageOf(error) }, "runs not cancelled yet");
    }
  }
}

function decisionOf(schedule: DueSchedule, now: number): Decision {
  const settings: ScheduleSettings = JSON.parse(schedule.settings);
  const timing = timingOf(settings, schedule.id, schedule.createdAt);
  return decide(settings, timing, schedule.position, now, schedule.isUnderWay);
}

function skipOf(tick: number, reason: SkipReason): Skip {
  return { tick, reason };
}

function reasonOf(code: string): SkipReason {
  return SKIP_REASONS.find((reason) => reason === code) ?? "unstorable";
}
