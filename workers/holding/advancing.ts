import { failpoint } from "../../src/failpoints.ts";
import type { InboxRow } from "../../src/schemas/log/inbox.ts";
import { type CompletedEvent, completedEvent } from "../../src/schemas/runs/event.ts";
import type { RunKey } from "../../src/schemas/runs/run.ts";
import type { Next } from "../../src/storage/port.ts";
import { Requests } from "./control/requests.ts";
import { type EffectOutcome, Effects } from "./effects/effects.ts";
import type { PlacesOptions } from "./effects/places.ts";
import { Failures } from "./failures.ts";
import { type Advance, Handing, type HandingOptions, type HandingParts } from "./handing.ts";
import type { HeldRun } from "./held-run.ts";
import { tell } from "./news.ts";
import { dueAfterPause, dueAt } from "./pauses.ts";
import { LastingEffects } from "./saving/lasting.ts";
import { RefusedRuns } from "./saving/refused.ts";
import { Saves, type SavesOptions, type SavesParts } from "./saving/saves.ts";
import { linger, wakeLater } from "./waking.ts";

const RETRY_MILLISECONDS = { late: 200, error: 1000 };

export interface AdvancingOptions extends HandingOptions, PlacesOptions, SavesOptions {
  /** Called when a run was given back to be due at a time, milliseconds since the epoch; never for one that waits for its inbox alone. */
  onGivenBack(dueAt: number): void;
  /** Called when the end of a run is stored, with when it began; others may have waited for one that takes turns. */
  onEnded(event: CompletedEvent, startedAt: number, takesTurns?: boolean): void;
}

export interface AdvancingParts extends HandingParts, SavesParts {
  /** A run is not held any more. */
  forget(held: HeldRun): void;
  /** Something came into the inboxes of these runs, which may be held elsewhere. */
  wake(runs: RunKey[]): void;
}

/**
 * Takes held runs through their life: a thread advances them, their progress is written, their effects are started, and the
 * results of these are advanced and written again, until the runs end, sleep, or are claimed by another worker. One write of
 * a run is under way at a time; progress made meanwhile goes into the next. An effect starts once everything before it is
 * written.
 */
export class Advancing {
  readonly #options: AdvancingOptions;
  readonly #parts: AdvancingParts;
  readonly #handing: Handing;
  readonly effects: Effects;
  readonly #saves: Saves;
  readonly requests: Requests;
  readonly #refused: RefusedRuns;
  readonly #failures: Failures;
  readonly #lasting: LastingEffects;
  #stopping = false;

  constructor(options: AdvancingOptions, parts: AdvancingParts) {
    this.#options = options;
    this.#parts = parts;
    this.#handing = new Handing(options, parts, (held, advance) => this.#take(held, advance));
    this.effects = new Effects(options, this.#handing, parts.holdings, {
      onEnd: (held, outcome) => this.#take(held, outcome, true),
      onTired: (held, pause) => this.#giveBack(held, dueAfterPause(held, pause, options.clock.now())),
    });
    this.#saves = new Saves(options, parts);
    this.#failures = new Failures(options.log, options.clock);
    this.#lasting = new LastingEffects(options.clock, parts.holdings, (held) => this.#save(held, { kind: "hold" }));
    const own = { holdings: parts.holdings, handing: this.#handing, effects: this.effects };
    const refusedParts = { handing: this.#handing, reaches: parts.reaches };
    this.#refused = new RefusedRuns(options, refusedParts, (held) => this.#next(held));
    this.requests = new Requests(options.clock, own, (held) => this.#next(held));
  }

  /** Begins with a run, or goes on with it: a thread advances it. */
  add(held: HeldRun): void {
    if (held.isAdvancing || held.asked.isCancelling) return;
    const { isCancelled, compensates } = held.run;
    if (isCancelled && held.asked.cancel === null) return void this.requests.cancel(held, { compensates });
    held.again = false;
    if (this.#stopping && held.isIdle) this.#giveBack(held);
    else this.#handing.add(held);
  }

  /** Takes what a thread did for a run, or for an effect of it. Where nothing is known the run begins again with its log. */
  #take(held: HeldRun, outcome: Advance | EffectOutcome, isEffect = false): void {
    if (!this.#holds(held)) return;
    if (outcome.kind === "advanced") held.add(outcome.advanced);
    else if (outcome.kind !== "effect_first" && outcome.kind !== "late") held.loseState();
    if (outcome.kind === "lost") {
      this.#parts.suspects.note(held, outcome.guilty, outcome.error, isEffect);
      if (outcome.guilty) this.#sortOut();
    }
    if (outcome.kind === "error") this.#failures.say(held, outcome.error);
    if (outcome.kind === "error" || outcome.kind === "late") {
      this.#options.clock.timer(RETRY_MILLISECONDS[outcome.kind], () => this.#next(held));
    } else this.#next(held);
  }

  /** Runs of a definition that is suspected from now on wait for the thread of those that are alone. */
  #sortOut(): void {
    for (const waiting of this.#handing.takeAll()) this.add(waiting);
  }

  /** Does the next thing for a run, now that something of it is over. */
  #next(held: HeldRun): void {
    if (!this.#holds(held) || (held.asked.isCancelling && held.end === null)) return;
    if (held.asked.isPausing && held.end === null) return void this.#rest(held);
    if (held.end === null) this.#startReady(held);
    if (held.saving !== null) return;
    if (held.end !== null) this.#save(held, held.end);
    else if (held.mustSave) this.#save(held, this.#parts.holdings.afterCheckpoint(held));
    else if (held.again) this.add(held);
    else if (!held.isIdle) wakeLater(held, this.#options.clock, () => this.#again(held));
    // Its state was lost, and the next step is not known.
    else if (held.wakeAt === null) this.add(held);
    else this.#linger(held, held.wakeAt);
  }

  /** Holds a run that only waits until it wakes for as long as it lingers, and gives it back then. */
  #linger(held: HeldRun, wakeAt: number): void {
    const longest = this.#stopping ? 0 : this.#parts.holdings.lingers(held);
    if (longest === 0) this.#save(held, dueAt(wakeAt));
    else linger(held, this.#options.clock, longest, () => this.#next(held));
  }

  /** Gives a run back that is to stand still, once what is under way is over and known. */
  #rest(held: HeldRun): void {
    if (held.saving !== null) return;
    if (held.underWay === 0 && !held.isAdvancing && !held.isBehind) this.#giveBack(held);
    else if (held.mustSave) this.#save(held, { kind: "hold" });
  }

  /** Starts the effects before which everything is persisted. */
  #startReady(held: HeldRun): void {
    const { clock, leaseMilliseconds } = this.#options;
    if (held.ready.length === 0 || held.isGivenBack) return;
    const isLate = clock.monotonic() > held.effectBy(leaseMilliseconds);
    const isAtRest = held.underWay === 0 && !held.isAdvancing && held.saving === null && !held.mustSave;
    if (!this.#stopping && !isLate) this.effects.start(held);
    else if (isAtRest) this.#giveBack(held);
  }

  /** Advances it once more: there is something to do beside its effects. */
  #again(held: HeldRun): void {
    held.again = true;
    this.#next(held);
  }

  /** Gives a run back: the worker that claims it when it is due begins with its log. */
  #giveBack(held: HeldRun, dueAt = Math.floor(this.#options.clock.now())): void {
    if (this.#holds(held)) this.#save(held, { kind: "due", dueAt });
  }

  /** Writes the progress of a run, and goes on from there. */
  #save(held: HeldRun, next: Next): void {
    const { progress, saved } = held.progress(next);
    held.saving = this.#saves.write(held, progress).then((outcome) => {
      held.saving = null;
      if (outcome === null) return;
      const { clock, onEnded, onGivenBack } = this.#options;
      failpoint(next.kind === "end" ? "end_saved" : "progress_saved");
      // Where a renewal that crossed the end found no lease, the run was forgotten, though it ended.
      if (outcome.kind === "ok" && next.kind === "end") {
        const takesTurns = this.#parts.reaches.takeTurns(held.definition);
        onEnded(completedEvent(held.run, next), held.run.startedAt, takesTurns);
      }
      if (outcome.kind === "ok") tell(held, progress, clock.now(), { onGivenBack, wake: this.#parts.wake });
      if (!this.#holds(held)) return;
      if (outcome.kind === "error" && this.#refused.fail(held, outcome)) return;
      if (outcome.kind === "ok") saved();
      if (outcome.kind === "ok" && next.kind === "hold") this.#next(held);
      else this.#parts.forget(held);
    });
  }

  #holds(held: HeldRun): boolean {
    return this.#parts.holdings.has(held);
  }

  /** Goes on with a run into whose inbox something came. */
  hear(held: HeldRun, rows: InboxRow[]): void {
    if (!this.#holds(held) || held.asked.isCancelling || held.end !== null) return;
    held.hear(rows);
    this.#next(held);
  }

  /** Starts no effect any more, and gives back the runs that have none under way. */
  stop(): void {
    this.#stopping = true;
    this.effects.takeBack();
    this.#handing.takeAll();
    for (const held of this.#parts.holdings.all()) this.#next(held);
  }

  /** Gives back all that is still held, once the writes under way are done. */
  async close(): Promise<void> {
    this.#lasting.stop();
    this.#saves.close();
    const held = this.#parts.holdings.all();
    await Promise.all(held.map(({ saving }) => saving));
    for (const one of held) this.#giveBack(one);
    await Promise.all(held.map(({ saving }) => saving));
  }
}
