/** What failed attempts came to: read of the steps that are looked at, each by a request, and kept while their run is shown. */
import { computed, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { FailedAttempt } from "../../../../schemas/lists/step-query.ts";
import { platform } from "../../../data/platform.ts";
import { Reading, type ReadingState } from "../../../data/reading.ts";
import type { KnownStep } from "../step-rows.ts";

/** Browsers give an origin six connections: there is room for what else is asked for meanwhile. */
const AT_ONCE = 3;

export type ReadAttempts = ReadingState<readonly FailedAttempt[]>;

interface Kept {
  reading: Reading<readonly FailedAttempt[]>;
  /** What was known of the step: its attempts are read again where that changes. */
  known: string;
}

export class FailedAttempts {
  readonly #run: string;
  readonly #kept = signal<ReadonlyMap<string, Kept>>(new Map());
  #waiting: Kept[] = [];
  #underWay = 0;
  /** By the addresses of their steps. */
  readonly read = computed<ReadonlyMap<string, ReadAttempts>>(
    () => new Map([...this.#kept.value].map(([address, { reading }]) => [address, reading.state.value])),
  );

  constructor(run: string) {
    this.#run = run;
  }

  /** These are looked at from now on. What of others is not read yet is given up. */
  look(steps: readonly KnownStep[]): void {
    const before = this.#kept.peek();
    const tried = steps.filter(({ attempts }) => attempts !== undefined);
    const looked = new Set(tried.map(({ address }) => address));
    const given = [...before].filter(([one, { reading }]) => !looked.has(one) && reading.state.peek().value === null);
    const fresh = tried
      .map(({ address, status, attempts }) => ({ address, known: `${status} ${attempts}` }))
      .filter(({ address, known }) => before.get(address)?.known !== known);
    if (given.length + fresh.length === 0) return;
    const kept = new Map(before);
    for (const [address, { reading }] of given) {
      reading.close();
      kept.delete(address);
    }
    for (const { address, known } of fresh) {
      const one = { known, reading: before.get(address)?.reading ?? this.#readingOf(address) };
      kept.set(address, one);
      this.#waiting.push(one);
    }
    const wanted = new Set(kept.values());
    this.#waiting = this.#waiting.filter((one) => wanted.has(one));
    this.#kept.value = kept;
    this.#goOn();
  }

  close(): void {
    this.#waiting = [];
    for (const { reading } of this.#kept.peek().values()) reading.close();
  }

  #goOn(): void {
    while (this.#underWay < AT_ONCE) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#underWay++;
      next.reading.again().finally(() => {
        this.#underWay--;
        this.#goOn();
      });
    }
  }

  #readingOf(address: string): Kept["reading"] {
    const handle = platform.runs.handle(this.#run);
    return new Reading(async (signal) => {
      const { failed_attempts = [] } = await handle.step(address, { outputLimit: 0, inputLimit: 0, signal });
      return failed_attempts;
    });
  }
}

/** Those of a run, for as long as it is shown. */
export function useFailedAttempts(run: string): FailedAttempts {
  const attempts = useMemo(() => new FailedAttempts(run), [run]);
  useEffect(() => () => attempts.close(), [attempts]);
  return attempts;
}
