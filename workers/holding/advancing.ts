import { messageOf } from "../../src/errors.ts";
import { failpoint } from "../../src/failpoints.ts";
import type { CompletedEvent } from "../../src/schemas/event.ts";
import type { Progress } from "../../src/storage/port.ts";
import { ALONE, type Executed, type ExecutedEffect } from "../execution/port.ts";
import { Batches, type ReadyOptions } from "./batches.ts";
import type { Definitions } from "./definitions.ts";
import { Effects, type EffectsOptions } from "./effects.ts";
import { Handing, type HandingOptions, type HeldEffect, type Outcome } from "./handing.ts";
import type { HeldRun } from "./held-run.ts";
import type { Holdings } from "./holdings.ts";
import type { Reaches } from "./reach.ts";
import { Saves, type SavesOptions } from "./saves.ts";
import type { Suspects } from "./suspects.ts";
import { wakeLater } from "./waking.ts";

const RETRY_MILLISECONDS = 200;
/** Effects of one run at once (docs/language.md). */
const MAX_EFFECTS_OF_A_RUN = 100;

export interface AdvancingOptions extends HandingOptions, ReadyOptions, EffectsOptions, SavesOptions {
  /** Called when a run was given back to be due at a time, milliseconds since the epoch. */
  onGivenBack(dueAt: number): void;
  /** Called when the end of a run is stored. */
  onEnded(event: CompletedEvent): void;
}

export interface AdvancingParts {
  holdings: Holdings;
  definitions: Definitions;
  reaches: Reaches;
  suspects: Suspects;
  /** A run is not held any more. */
  forget(held: HeldRun): void;
}

/**
 * Takes held runs through their life: a thread advances them, what came is written, their effects are started, and what these
 * bring is advanced and written again, until they end, sleep, or are another's. One write of a run is under way at a time;
 * what comes meanwhile goes into the next. An effect starts once everything that came before it is written.
 */
export class Advancing {
  readonly #options: AdvancingOptions;
  readonly #parts: AdvancingParts;
  readonly #handing: Handing;
  readonly #ready: Batches<HeldRun>;
  readonly #effects: Effects;
  readonly #saves: Saves;
  #stopping = false;

  constructor(options: AdvancingOptions, parts: AdvancingParts) {
    this.#options = options;
    this.#parts = parts;
    this.#handing = new Handing(options, parts.definitions);
    const { clock, maxBatches } = options;
    this.#ready = new Batches({ clock, maxBatches, sizeOf: ({ size }) => size }, (batch) =>
      this.#advance(batch, false),
    );
    this.#effects = new Effects(
      options,
      (batch) => this.#execute(batch),
      (effect) => this.#giveUpPlace(effect),
    );
    this.#saves = new Saves(options, parts.holdings);
  }

  /** Begins with a run, or goes on with it. */
  add(held: HeldRun): void {
    if (held.isAdvancing || held.isCancelling) return;
    held.again = false;
    if (this.#stopping && held.isIdle) {
      this.#giveBack(held);
      return;
    }
    held.isAdvancing = true;
    if (this.#parts.suspects.isAlone(held)) this.#advance([held], true);
    else this.#ready.add(held);
  }

  /**
   * Ends a run as cancelled: once that is written no step of it begins. One whose end is known already ends so; of the two
   * one alone is written.
   */
  async cancel(held: HeldRun): Promise<void> {
    if (!this.#holds(held) || held.isCancelling || held.end !== null) return;
    held.isCancelling = true;
    const dropped = this.#handing.drop(held);
    held.loseState();
    await dropped;
    held.cancel(this.#options.clock.now());
    this.#next(held);
  }

  /** Starts no effect any more, and gives back what has none under way. */
  stop(): void {
    this.#stopping = true;
    for (const effect of this.#effects.takeAll()) if (this.#isCurrent(effect)) effect.held.underWay--;
    for (const held of this.#ready.takeAll()) held.isAdvancing = false;
    for (const held of this.#parts.holdings.all()) this.#next(held);
  }

  /** Gives back all that is still held, once what is being written of it is. */
  async close(): Promise<void> {
    this.#saves.close();
    const held = this.#parts.holdings.all();
    await Promise.all(held.map(({ saving }) => saving));
    for (const one of held) this.#giveBack(one);
    await Promise.all(held.map(({ saving }) => saving));
  }

  /** Gives a run back, to be due at once: whoever takes it begins with what is written. */
  #giveBack(held: HeldRun): void {
    if (this.#holds(held)) this.#save(held, { kind: "give_back", dueAt: this.#options.clock.now() });
  }

  /** Has runs advanced in a thread. */
  async #advance(batch: HeldRun[], alone: boolean): Promise<void> {
    // A thread that is not alone gives up what it knows of a run that has to be.
    for (const held of batch) if (alone && held.thread !== ALONE) held.loseState();
    try {
      const definitions = await this.#handing.definitionsOf(batch);
      const pure = alone ? batch : batch.filter((held) => !this.#beginsWithEffect(held, definitions));
      const generations = pure.map(({ generation }) => generation);
      const outcomes = pure.length === 0 ? [] : await this.#handing.execute(pure, alone, definitions);
      for (const [index, held] of pure.entries()) {
        // What is told by a thread that is gone meanwhile is told of nothing.
        const isCurrent = held.generation === generations[index];
        this.#takeAdvanced(held, (isCurrent && outcomes[index]) || { kind: "missing" });
      }
    } catch (error) {
      for (const held of batch) if (held.isAdvancing) this.#takeAdvanced(held, { kind: "error", error });
    }
  }

  /** Has a run whose first step is an effect begin with it: it crosses once. */
  #beginsWithEffect(held: HeldRun, definitions: Map<string, string>): boolean {
    const { definition, isAtItsBeginning } = held;
    const steps = isAtItsBeginning ? definitions.get(definition) : undefined;
    const effect = steps === undefined ? null : this.#parts.reaches.of(definition, steps).startsWith;
    if (effect === null) return false;
    held.isAdvancing = false;
    held.ready = [{ path: "0", host: effect.host }];
    this.#next(held);
    return true;
  }

  #takeAdvanced(held: HeldRun, outcome: Outcome<Executed>): void {
    held.isAdvancing = false;
    if (this.#holds(held)) this.#take(held, outcome);
  }

  /** Has effects executed, each with its place. */
  async #execute(batch: HeldEffect[]): Promise<void> {
    // Much may have become of their runs while they waited.
    const effects = batch.filter((effect) => this.#isCurrent(effect));
    for (const effect of batch) if (!this.#isCurrent(effect)) this.#effects.end(effect);
    if (effects.length === 0) return;
    let outcomes: Promise<Outcome<ExecutedEffect>>[] = [];
    try {
      const definitions = await this.#handing.definitionsOf(effects.map(({ held }) => held));
      outcomes = this.#handing.executeEffects(effects, definitions);
    } catch (error) {
      outcomes = effects.map(() => Promise.resolve({ kind: "error", error }));
    }
    for (const [index, effect] of effects.entries()) {
      outcomes[index]?.then((outcome) => {
        this.#effects.end(effect);
        this.#takeEffect(effect, outcome);
      });
    }
  }

  #takeEffect(effect: HeldEffect, outcome: Outcome<ExecutedEffect>): void {
    const { held, path, host } = effect;
    if ("release" in outcome && outcome.release !== undefined) held.addReply(outcome.release);
    if (!this.#isCurrent(effect)) return;
    held.underWay--;
    if (outcome.kind === "joined") return;
    if (outcome.kind === "late") {
      held.ready.push({ path, host });
      this.#options.clock.timer(RETRY_MILLISECONDS, () => this.#next(held));
      return;
    }
    if (outcome.kind === "advanced") failpoint("effect_done");
    this.#take(held, outcome, true);
  }

  #take(held: HeldRun, outcome: Outcome<Executed>, isEffect = false): void {
    const { log, clock } = this.#options;
    if (outcome.kind === "advanced") held.add(outcome.advanced);
    else held.loseState();
    if (outcome.kind === "lost") {
      this.#parts.suspects.note(held, outcome.guilty, outcome.error, isEffect);
      if (outcome.guilty) this.#sortOut();
    }
    if (outcome.kind !== "error") this.#next(held);
    else {
      log.error({ run_id: held.run.uuid, error: messageOf(outcome.error) }, "execution failed");
      clock.timer(RETRY_MILLISECONDS, () => this.#next(held));
    }
  }

  /** Others of a definition that is suspected now wait with those that are not. */
  #sortOut(): void {
    for (const waiting of this.#ready.takeAll()) {
      waiting.isAdvancing = false;
      this.add(waiting);
    }
  }

  /** What a run needs next, now that something of it is over. */
  #next(held: HeldRun): void {
    if (!this.#holds(held) || (held.isCancelling && held.end === null)) return;
    if (held.end === null) this.#startReady(held);
    if (held.saving !== null) return;
    if (held.end !== null) this.#save(held, held.end);
    else if (held.mustSave) this.#save(held, this.#afterCheckpoint(held));
    else if (held.again) this.add(held);
    else if (!held.isIdle) this.#wakeLater(held);
    else if (this.#stopping) this.#giveBack(held);
    // Without a time nothing is known of what to do next: its state was lost.
    else if (held.wakeAt === null) this.add(held);
    else this.#save(held, { kind: "give_back", dueAt: held.wakeAt });
  }

  /** Starts the effects before which everything is persisted. */
  #startReady(held: HeldRun): void {
    const { clock, leaseMilliseconds } = this.#options;
    if (held.ready.length === 0) return;
    const isLate = clock.monotonic() > held.effectBy(leaseMilliseconds);
    if (this.#stopping || isLate) {
      const isAtRest = held.underWay === 0 && !held.isAdvancing && held.saving === null && !held.mustSave;
      if (isAtRest) this.#giveBack(held);
      return;
    }
    const now = held.ready.splice(0, Math.max(0, MAX_EFFECTS_OF_A_RUN - held.underWay));
    held.underWay += now.length;
    for (const { path, host } of now) this.#effects.add({ held, path, host, generation: held.generation });
  }

  /** Others of its workflow, or at its host, have the places: what it takes of the room of this worker is better another's. */
  #giveUpPlace(effect: HeldEffect): void {
    const { held, path, host } = effect;
    if (!this.#isCurrent(effect)) return;
    const isAlone = held.underWay === 1 && held.ready.length === 0 && held.saving === null && !held.mustSave;
    if (isAlone && !held.isAdvancing && held.end === null) {
      held.underWay--;
      held.ready.push({ path, host });
      this.#save(held, { kind: "give_back", dueAt: this.#options.clock.now() + held.pauseMilliseconds });
    } else this.#effects.add(effect);
  }

  /** Advances it once more at the time when there is something to do beside its effects. */
  #wakeLater(held: HeldRun): void {
    if (held.isAdvancing) held.cancelWake();
    else {
      wakeLater(held, this.#options.clock, () => {
        held.again = true;
        this.#next(held);
      });
    }
  }

  /** Where too much is held, another time is better for the rest of a run; one with effects under way has to stay. */
  #afterCheckpoint(held: HeldRun): Progress["next"] {
    if (held.isAdvancing || held.underWay > 0) return { kind: "hold" };
    if (held.isIdle && held.wakeAt !== null) return { kind: "give_back", dueAt: held.wakeAt };
    return this.#parts.holdings.afterCheckpoint();
  }

  #isCurrent({ held, generation }: HeldEffect): boolean {
    return this.#holds(held) && held.generation === generation;
  }

  #holds(held: HeldRun): boolean {
    return this.#parts.holdings.has(held);
  }

  /** Persists what came, and goes on from there. */
  #save(held: HeldRun, next: Progress["next"]): void {
    const { progress, saved } = held.progress(next);
    held.saving = this.#saves.write(held, progress).then((outcome) => {
      held.saving = null;
      if (outcome === null) return;
      failpoint(next.kind === "end" ? "end_saved" : "progress_saved");
      const { log, onEnded, onGivenBack } = this.#options;
      // A renewal that crossed the end on its way found no lease, and the run was forgotten: it ended all the same.
      if (outcome.kind === "ok" && next.kind === "end") onEnded(held.completedEvent(next));
      if (!this.#holds(held)) return;
      if (outcome.kind === "error") log.error({ run_id: held.run.uuid, code: outcome.code }, "progress refused");
      if (outcome.kind === "ok") saved();
      if (outcome.kind === "ok" && next.kind === "give_back") onGivenBack(next.dueAt);
      if (outcome.kind === "ok" && next.kind === "hold") this.#next(held);
      else this.#parts.forget(held);
    });
  }
}
