/** What is within maps and loops that somebody opened: read a piece at a time, when it is asked for. */
import { signal } from "@preact/signals";
import type { RunStep } from "../../../schemas/lists/step-query.ts";
import { platform } from "../../data/platform.ts";
import { type Problem, problemOf } from "../../data/problem.ts";

const PIECE = 200;

export interface OpenedSteps {
  steps: readonly RunStep[];
  hasMore: boolean;
  problem: Problem | null;
}

/** The steps below one address, or of them those that failed. */
export class Opened {
  readonly state = signal<OpenedSteps>({ steps: [], hasMore: true, problem: null });
  readonly #begin: () => AsyncGenerator<RunStep, void>;
  #list: AsyncGenerator<RunStep, void>;
  readonly #asked = new AbortController();

  constructor(run: string, address: string, onlyFailed: boolean) {
    const status = onlyFailed ? { status: "failed" as const } : {};
    this.#begin = () => platform.runs.handle(run).steps({ under: address, ...status, signal: this.#asked.signal });
    this.#list = this.#begin();
  }

  /** Reads on; where that failed before, from the begin. */
  async more(): Promise<void> {
    if (this.state.peek().problem !== null) {
      this.#list = this.#begin();
      this.state.value = { steps: [], hasMore: true, problem: null };
    }
    const found: RunStep[] = [];
    try {
      for (let count = 0; count < PIECE; count++) {
        const { value, done } = await this.#list.next();
        if (done || value === undefined) return this.#add(found, false);
        found.push(value);
      }
      this.#add(found, true);
    } catch (error) {
      if (!this.#asked.signal.aborted) this.state.value = { ...this.state.peek(), problem: problemOf(error) };
    }
  }

  close(): void {
    this.#asked.abort(new Error("closed"));
  }

  #add(found: readonly RunStep[], hasMore: boolean): void {
    this.state.value = { steps: [...this.state.peek().steps, ...found], hasMore, problem: null };
  }
}
