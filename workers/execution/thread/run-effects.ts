import type { ReadyEffect } from "../port.ts";
import type { Effect } from "./executing.ts";

/** The effects of a run that are to be started, or under way, by their paths. */
export class RunEffects {
  readonly #effects = new Map<string, Effect>();
  /** Those that were not told. */
  #ready: ReadyEffect[] = [];

  get size(): number {
    return this.#effects.size;
  }

  get areUnderWay(): boolean {
    for (const { cancellation } of this.#effects.values()) if (cancellation !== null) return true;
    return false;
  }

  has(path: string): boolean {
    return this.#effects.has(path);
  }

  get(path: string): Effect | undefined {
    return this.#effects.get(path);
  }

  /** Takes one that is to be started. */
  add(path: string, effect: Effect): void {
    this.#effects.set(path, effect);
    this.#ready.push({ path, host: effect.connector.host?.(effect.config) ?? null });
  }

  /** One is over; false where it was cancelled meanwhile. */
  end(path: string, effect: Effect): boolean {
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
