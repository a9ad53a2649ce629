import { useMemo, useState } from "preact/hooks";
import { Drawing } from "../../shared/drawing/drawing.tsx";
import type { DrawnStep } from "../../shared/drawing/steps.ts";
import { type Comparison, type StepChange, statesOfSide } from "./compare.ts";

interface DrawnSide {
  steps: readonly DrawnStep[];
  version: number;
}

interface DrawnDiffProps {
  before: DrawnSide;
  after: DrawnSide;
  comparison: Comparison;
}

/** Both drawings, with marks on what is different. A step that is chosen in one is chosen in the other. */
export function DrawnDiff({ before, after, comparison: { steps } }: DrawnDiffProps) {
  const [chosen, setChosen] = useState<{ before: string | null; after: string | null }>({ before: null, after: null });
  const marks = useMemo(
    () => ({ before: statesOfSide(steps, "before"), after: statesOfSide(steps, "after") }),
    [steps],
  );
  const partner = (own: "before" | "after", path: string): StepChange | undefined =>
    steps.find((one) => one[own]?.path === path);
  return (
    <div class="drawn-diff">
      {(["before", "after"] as const).map((own) => {
        const side = own === "before" ? before : after;
        const other = own === "before" ? "after" : "before";
        return (
          <section key={own} aria-label={`Version ${side.version}`}>
            <h2>v{side.version}</h2>
            <div class="drawn-side">
              <Drawing
                steps={side.steps}
                states={marks[own]}
                selected={chosen[own]}
                label={`Steps of version ${side.version}`}
                onSelect={({ path }) => {
                  const found = partner(own, path);
                  const there = found === undefined ? path : (found[other]?.path ?? null);
                  setChosen(own === "before" ? { before: path, after: there } : { before: there, after: path });
                }}
              />
            </div>
          </section>
        );
      })}
    </div>
  );
}
