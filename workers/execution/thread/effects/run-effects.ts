import type { ReadyEffect } from "../../port.ts";
import type { Effect } from "../executing.ts";

/** The effects of a run that are to be started, or under way, by their paths. */
export class RunEffects {
  readonly #effects = new Map<string, Effect>();
  /** Those that were not told. */
  #ready: ReadyEffect[] = [];
  #underWay = 0;
  /** None is started any more. */
  isPaused = false;

  get size(): number {
    return this.#effects.size;
  }

  /** Also those that were called off, until they end. */
  get areUnderWay(): boolean {
    return this.#underWay > 0;
  }

  has(path: string): boolean {
    return this.#effects.has(path);
  }

  get(path: string): Effect | undefined {
    return this.#effects.get(path);
  }

  canStart(path: string): boolean {
    return !this.isPaused && this.#effects.get(path)?.cancellation === null;
  }

  /** Takes one that is to be started. */
  add(path: string, effect: Effect): void {
    this.#effects.set(path, effect);
    this.#ready.push({ path, host: effect.connector.host?.(effect.config) ?? null });
  }

  /** One is started. */
  begin(): void {
    this.#underWay++;
  }

  /** One that was started is over; false where it was cancelled meanwhile. */
  end(path: string, effect: Effect): boolean {
    this.#underWay--;
    return this.#effects.get(path) === effect && this.#effects.delete(path);
  }

  cancel(path: string): void {
    this.#effects.get(path)?.cancellation?.cancel();
    this.#effects.delete(path);
    this.#ready = this.#ready.filter((ready) => ready.path !== path);
  }

  cancelAll(): void {
    for (const path of [...this.#effects.keys()]) this.cancel(path);
  }

  takeReady(): ReadyEffect[] {
    return this.#ready.splice(0);
  }
}
