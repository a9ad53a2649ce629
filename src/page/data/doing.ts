import { useState } from "preact/hooks";
import { type Problem, problemOf } from "./problem.ts";

export interface Doing<Given extends unknown[]> {
  /** Nothing while it is being done. */
  run(...given: Given): Promise<void>;
  isBusy: boolean;
  /** Why it failed last; null again once it is done once more. */
  problem: Problem | null;
}

/** Something that is asked of the platform by a button: once at a time, with what went wrong. */
export function useDoing<Given extends unknown[]>(work: (...given: Given) => Promise<unknown>): Doing<Given> {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async (...given: Given) => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem(null);
    try {
      await work(...given);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setIsBusy(false);
  };
  return { run, isBusy, problem };
}
