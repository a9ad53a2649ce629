import type { Problem } from "../../../data/problem.ts";
import { ProblemLine } from "../../../shared/states/states.tsx";

interface FootProps {
  name: string;
  isBusy: boolean;
  isDangerous?: boolean;
  problem: Problem | null;
  onClose(): void;
}

/** The end of a dialog's form: what went wrong, the way out, and the way on. */
export function Foot({ name, isBusy, isDangerous = false, problem, onClose }: FootProps) {
  return (
    <>
      <ProblemLine problem={problem} />
      <div class="dialog-foot">
        <button type="button" onClick={onClose}>
          Not now
        </button>
        <button type="submit" class={isDangerous ? "danger" : "primary"} disabled={isBusy}>
          {name}
        </button>
      </div>
    </>
  );
}
