/** Which steps are drawn with what they hold. */
import { countOf, type DrawnStep } from "./steps.ts";

/** Steps that are opened without anybody's asking; beyond, those that lie deepest stay closed. */
const MAX_DRAWN = 300;
/** A parallel of more branches is one box until it is opened. */
const MAX_BRANCHES = 8;

export interface Opening {
  /** What the reader opened (true) or closed, by path. */
  chosen: ReadonlyMap<string, boolean>;
  /** Whether it is a run: then a map is one box, with what became of its items. */
  isRun: boolean;
}

/** The steps that are open. */
export function openedIn(steps: readonly DrawnStep[], { chosen, isRun }: Opening): ReadonlySet<DrawnStep> {
  const opened = new Set<DrawnStep>();
  let drawn = 0;
  let level: readonly DrawnStep[] = steps;
  while (level.length > 0) {
    const next: DrawnStep[] = [];
    for (const step of level) {
      next.push(...step.handlers.flatMap((list) => list.steps));
      if (step.lists.length === 0) continue;
      const within = step.lists.flatMap((list) => list.steps);
      const byItself = isSmall(step, isRun) && drawn + within.length <= MAX_DRAWN;
      if (!(chosen.get(step.path) ?? byItself)) continue;
      drawn += within.length;
      opened.add(step);
      next.push(...within);
    }
    level = next;
  }
  return opened;
}

/** How many steps a closed one hides. */
export function hiddenIn({ lists }: DrawnStep): number {
  return lists.reduce((sum, { steps }) => sum + countOf(steps), 0);
}

function isSmall({ type, lists }: DrawnStep, isRun: boolean): boolean {
  if (type === "parallel") return lists.length <= MAX_BRANCHES;
  return !(isRun && type === "map");
}
