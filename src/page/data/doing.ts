import { useState } from "preact/hooks";
import { type Problem, problemOf } from "./problem.ts";

/** Something that is asked of the platform by a button: once at a time, with what went wrong. */
export function useDoing(work: () => Promise<void>): { run(): void; isBusy: boolean; problem: Problem | null } {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async () => {
    setIsBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(problemOf(error));
      setIsBusy(false);
    }
  };
  return { run, isBusy, problem };
}
