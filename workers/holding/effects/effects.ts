import { failpoint } from "../../../src/failpoints.ts";
import type { ExecutedEffect } from "../../execution/port.ts";
import type { Handing, HeldEffect, Outcome } from "../handing.ts";
import type { HeldRun } from "../held-run.ts";
import type { Holdings } from "../holdings.ts";
import { Places, type PlacesOptions } from "./places.ts";

/** Effects of one run at once (docs/language.md). */
const MAX_EFFECTS_OF_A_RUN = 100;

/** What an effect came to, for its run. */
export type EffectOutcome = Outcome<Exclude<ExecutedEffect, { kind: "joined" }>>;

/** Where effects report to. */
export interface EffectsReceiver {
  /** An effect ended, or has to be started again. */
  onEnd(held: HeldRun, outcome: EffectOutcome): void;
  /** The only effect of a run, which has nothing else to do, waits too long for a place: it is best given back for so many milliseconds. */
  onTired(held: HeldRun, pause: number): void;
}

/** Effects under way: each is started with a place, executed by the thread of its run, and gives its place up. */
export class Effects {
  readonly #handing: Handing;
  readonly #holdings: Holdings;
  readonly #receiver: EffectsReceiver;
  readonly #places: Places;
  /** Effects that could not be started, since their thread had no room to keep their runs. They keep their places. */
  readonly #unkept = new Map<HeldRun, HeldEffect[]>();
  /** Those that were handed over once more, with the states of their runs. */
  readonly #handedWhole = new WeakSet<HeldEffect>();

  constructor(options: PlacesOptions, handing: Handing, holdings: Holdings, receiver: EffectsReceiver) {
    this.#handing = handing;
    this.#holdings = holdings;
    this.#receiver = receiver;
    this.#places = new Places(
      options,
      (batch) => this.#execute(batch),
      (effect, pause) => this.#giveUpPlace(effect, pause),
    );
  }

  /** See Places. */
  figures(): { underWay: number; waiting: number } {
    return this.#places.figures();
  }

  /** Starts the effects of a run that are ready, up to its limit. */
  start(held: HeldRun): void {
    const { generation } = held;
    const now = held.ready.splice(0, Math.max(0, MAX_EFFECTS_OF_A_RUN - held.underWay));
    held.underWay += now.length;
    for (const { path, host } of now) this.#places.add({ held, path, host, generation });
  }

  /** Takes back all that no thread has yet. */
  takeBack(): void {
    for (const effect of this.#places.takeAll()) if (this.#isCurrent(effect)) effect.held.underWay--;
  }

  /** Takes back those of a run that no thread has yet. */
  takeBackOf(held: HeldRun): void {
    for (const effect of this.#places.takeOf(held)) if (this.#isCurrent(effect)) held.underWay--;
  }

  async #execute(batch: HeldEffect[]): Promise<void> {
    const current = this.#current(batch);
    for (const effect of current) if (effect.held.asked.isPausing) this.#told(effect, { kind: "late" });
    const waiting = current.filter(({ held }) => !held.asked.isPausing);
    if (waiting.length === 0) return;
    let definitions: Map<string, string>;
    try {
      definitions = await this.#handing.definitionsOf(waiting.map(({ held }) => held));
    } catch (error) {
      for (const effect of waiting) this.#told(effect, { kind: "error", error });
      return;
    }
    const effects = this.#current(waiting);
    const outcomes = this.#handing.executeEffects(effects, definitions);
    for (const [index, effect] of effects.entries()) outcomes[index]?.then((outcome) => this.#told(effect, outcome));
  }

  #told(effect: HeldEffect, outcome: Outcome<ExecutedEffect>): void {
    const { held } = effect;
    if (outcome.kind === "missing" && !this.#handedWhole.has(effect) && this.#isCurrent(effect)) {
      this.#unkept.set(held, [...(this.#unkept.get(held) ?? []), effect]);
    } else this.#over(effect, outcome);
    this.#startUnkept(held);
  }

  /**
   * Starts effects of a run that its thread did not keep, with its state: handed over without them it would be gone again before
   * they start. All others of it have ended by then, and told what they came to.
   */
  #startUnkept(held: HeldRun): void {
    const unkept = this.#unkept.get(held);
    if (unkept === undefined) return;
    const current = this.#current(unkept);
    // Those that wait for a place may wait for the places of these.
    if (current.length > 0 && current.length + this.#places.waitingOf(held) < held.underWay) return;
    this.#unkept.delete(held);
    if (current.length === 0) return;
    const isPersisted = held.end === null && held.saving === null && !held.mustSave && !held.isGivenBack;
    if (isPersisted && !held.isAdvancing && held.asked.cancel === null) {
      held.handWhole();
      for (const effect of current) this.#handedWhole.add(effect);
      void this.#execute(current);
      // It has ended, or goes on from another place than where these were told: it begins again with its log.
    } else for (const effect of current) this.#over(effect, { kind: "missing" });
  }

  /** Gives the places of the others up: their runs may have been cancelled or given back, or lost their state, while they waited. */
  #current(batch: HeldEffect[]): HeldEffect[] {
    for (const effect of batch) if (!this.#isCurrent(effect)) this.#places.end(effect);
    return batch.filter((effect) => this.#isCurrent(effect));
  }

  #over(effect: HeldEffect, outcome: Outcome<ExecutedEffect>): void {
    this.#places.end(effect);
    this.#end(effect, outcome);
  }

  #end(effect: HeldEffect, outcome: Outcome<ExecutedEffect>): void {
    const { held, path, host } = effect;
    if ("release" in outcome && outcome.release !== undefined) held.log.addReply(outcome.release);
    if (!this.#isCurrent(effect)) return;
    held.underWay--;
    // Another effect of the run, which ended with it, has the result of both.
    if (outcome.kind === "joined") return;
    if (outcome.kind === "late") held.ready.push({ path, host });
    if (outcome.kind === "advanced") failpoint("effect_done");
    this.#receiver.onEnd(held, outcome);
  }

  /** An effect has waited too long: its run is given back, unless more of it is under way. */
  #giveUpPlace(effect: HeldEffect, pause: number): void {
    const { held, path, host } = effect;
    if (!this.#isCurrent(effect)) return;
    const isAlone = held.underWay === 1 && held.ready.length === 0 && held.saving === null && !held.mustSave;
    if (isAlone && !held.isAdvancing && held.end === null) {
      held.underWay--;
      held.ready.push({ path, host });
      this.#receiver.onTired(held, pause);
    } else this.#places.add(effect);
  }

  #isCurrent({ held, generation }: HeldEffect): boolean {
    return this.#holdings.has(held) && held.generation === generation;
  }
}
