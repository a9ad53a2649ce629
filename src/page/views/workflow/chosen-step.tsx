import type { StoredDefinition } from "../../../client/definitions.ts";
import { choose, hrefOf } from "../../address/address.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { pathTo } from "../../shared/drawing/path-to.ts";
import type { DrawnStep, Loc } from "../../shared/drawing/steps.ts";

interface ChosenStepProps {
  workflow: StoredDefinition;
  steps: readonly DrawnStep[];
  path: string;
}

/** What the definition says of the step that is chosen in the drawing. */
export function ChosenStep({ workflow, steps, path }: ChosenStepProps) {
  const step = pathTo(steps, path).at(-1);
  if (step === undefined) return null;
  const text = JSON.stringify(valueAt(workflow, step.loc), null, 2);
  return (
    <section class="chosen-step">
      <header>
        <h2 class="cut">{step.name}</h2>
        <CopyButton text={text} what="the step" />
        <a class="button quiet" href={hrefOf(choose({ step: null }))} aria-label="Close the step">
          ✕
        </a>
      </header>
      {step.address !== step.name && <p class="soft">{step.address}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}

function valueAt(value: unknown, loc: Loc): unknown {
  return loc.reduce<unknown>((at, key) => {
    if (typeof at !== "object" || at === null) return undefined;
    return Object.entries(at).find(([name]) => name === String(key))?.[1];
  }, value);
}
