import type { StepTypes } from "../../src/connectors/index.ts";
import { compile, kindsIn } from "../../src/engine/plan.ts";
import { lru } from "../../src/lru.ts";
import type { Step } from "../../src/schemas/workflow.ts";

const MAX_BYTES = 512 * 1024;

/** What runs of a definition come to. */
export interface Reach {
  first: "end" | "wait" | "effect";
  /** Whether that is an effect that no other step comes before, at the path 0. */
  startsWithEffect: boolean;
  /** Whether an effect comes anywhere. */
  effects: boolean;
}

/** What runs come to, by definition. */
export class Reaches {
  readonly #types: StepTypes;
  readonly #known = lru<Reach>({ maxBytes: MAX_BYTES, bytesOf: () => 50 });

  constructor(types: StepTypes) {
    this.#types = types;
  }

  /** What runs of a definition come to; its steps are given as JSON text. */
  of(definition: string, steps: string): Reach {
    const known = this.#known.get(definition);
    if (known !== undefined) return known;
    const parsed: Step[] = JSON.parse(steps);
    const { root } = compile(parsed, this.#types);
    const kinds = [...kindsIn(root)];
    const first = kinds.find((kind) => kind !== "pure") ?? "end";
    const startsWithEffect = root.nodes[0]?.kind === "step" && kinds[0] === "effect";
    const reach: Reach = { first, startsWithEffect, effects: kinds.includes("effect") };
    this.#known.set(definition, reach);
    return reach;
  }
}
