import { useMemo } from "preact/hooks";
import { address, choose, go } from "../../address/address.ts";
import { Drawing } from "../../shared/drawing/drawing.tsx";
import { statesOf } from "../../shared/drawing/states.ts";
import { type DrawnStep, stepsOf } from "../../shared/drawing/steps.ts";
import { Empty } from "../../shared/states/states.tsx";
import { definedPath } from "./defined.ts";
import { NoDefinition } from "./no-definition.tsx";
import type { ShownRun } from "./shown-run.ts";

/** The definition as it is drawn, with what became of its steps on it. */
export function Graph(shown: ShownRun) {
  const { run, definition } = shown;
  const steps = useMemo(() => stepsOf(definition), [definition]);
  const states = useMemo(
    () =>
      statesOf(
        steps,
        run.steps.map((step) => [step.address, step] as const),
      ),
    [steps, run],
  );
  if (definition === null) return <NoDefinition {...shown} />;
  if (steps.length === 0) return <Empty title="There are no steps" />;
  const chosen = run.steps.find((step) => step.address === address.value.query.get("step"));
  const select = ({ path, address: pattern }: DrawnStep) => {
    const own = run.steps.find((step) => definedPath(steps, step.path) === path);
    // What is within a map has many: the map is what is opened.
    const around = run.steps.findLast((step) => pattern.startsWith(step.address));
    go(choose({ step: own?.address ?? around?.address ?? null }));
  };
  return (
    <div class="run-graph">
      <Drawing
        {...{ steps, states }}
        isRun
        selected={chosen === undefined ? null : definedPath(steps, chosen.path)}
        onSelect={select}
        label={`Steps of ${definition.name}`}
      />
    </div>
  );
}
