/** Something that is read from the platform: it stays shown while it is read again, and while it can't be. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { answered, failed } from "./outage.ts";
import { type Problem, problemOf } from "./problem.ts";

export interface ReadingState<Value> {
  /** What was read last; null before that. */
  value: Value | null;
  /** When that was, milliseconds since the epoch. */
  at: number | null;
  problem: Problem | null;
  isReading: boolean;
}

export class Reading<Value> {
  readonly #read: (signal: AbortSignal) => Promise<Value>;
  readonly #state = signal<ReadingState<Value>>({ value: null, at: null, problem: null, isReading: true });
  #asked: AbortController | null = null;
  #timer: Timer | undefined;

  constructor(read: (signal: AbortSignal) => Promise<Value>) {
    this.#read = read;
  }

  get state(): ReadonlySignal<ReadingState<Value>> {
    return this.#state;
  }

  /** Reads, or reads again; a read under way is given up, on the server too. */
  async again(): Promise<void> {
    this.close();
    const asked = new AbortController();
    this.#asked = asked;
    this.#state.value = { ...this.#state.peek(), isReading: true };
    try {
      const value = await this.#read(asked.signal);
      if (asked.signal.aborted) return;
      answered();
      this.#state.value = { value, at: Date.now(), problem: null, isReading: false };
    } catch (error) {
      if (!asked.signal.aborted) this.#failed(problemOf(error));
    }
  }

  /** Reads again, unless a read is under way: what asks now and then does not outrun what is slow. */
  refresh(): void {
    if (!this.#state.peek().isReading) this.again();
  }

  /** Puts a value in place of what was read, as when an event has told it. */
  put(value: Value): void {
    this.#state.value = { ...this.#state.peek(), value };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked?.abort(new Error("no longer wanted"));
    this.#asked = null;
  }

  #failed(problem: Problem): void {
    this.#state.value = { ...this.#state.peek(), problem, isReading: false };
    if (problem.isOutage) failed(problem, () => this.again());
    if (problem.retryAfter !== null) this.#timer = setTimeout(() => this.again(), problem.retryAfter * 1000);
  }
}

type Timer = ReturnType<typeof setTimeout>;

/** Reads for as long as a component is shown, and anew where `key` is another one. */
export function useReading<Value>(key: string, read: (signal: AbortSignal) => Promise<Value>): Reading<Value> {
  // The key says what is read; the function is another one each time.
  const reading = useMemo(() => new Reading(read), [key]);
  useEffect(() => {
    reading.again();
    return () => reading.close();
  }, [reading]);
  return reading;
}
