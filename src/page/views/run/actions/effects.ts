/** What a retry can begin with, and what it does again. */
import type { ShownOutline, ShownStep } from "../../../data/runs/outline.ts";
import type { DrawnStep } from "../../../shared/drawing/steps.ts";

const MOST = 500;
/** Within these a step is no place to begin with: the API begins inside blocks and switches alone. */
const CLOSED = new Set(["parallel", "map", "loop"]);

/** The steps that a retry of the run can begin with: those that it came to. */
export function placesToBegin({ steps }: ShownOutline): ShownStep[] {
  const closed = steps.filter(({ type }) => CLOSED.has(type ?? ""));
  const reached = steps.filter(({ status }) => status !== "unreached");
  return reached.filter(({ path }) => !closed.some((one) => path.startsWith(`${one.path}/`))).slice(0, MOST);
}

/**
 * The addresses of the steps that act on the world, of those that run: themselves, and what is within them. Handlers are not
 * among them, which run only where something fails.
 *
 * @param steps of the version that it runs under
 * @param willRun addresses
 * @param acting the types of steps that act on the world
 */
export function effectsOf(
  steps: readonly DrawnStep[],
  willRun: readonly string[],
  acting: ReadonlySet<string>,
): string[] {
  const chosen = new Set(willRun);
  return collect(steps, false);

  function collect(list: readonly DrawnStep[], isWithin: boolean): string[] {
    return list.flatMap(({ address, type, lists }) => {
      const runs = isWithin || chosen.has(address);
      const within = lists.flatMap((one) => collect(one.steps, runs));
      return runs && acting.has(type) ? [address, ...within] : within;
    });
  }
}
