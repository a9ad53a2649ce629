import type { Problem } from "../../../data/problem.ts";

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
      {problem !== null && (
        <p class="problem" role="alert">
          {problem.text}
        </p>
      )}
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
