import type { StepTypes } from "../../src/connectors/index.ts";
import { compile } from "../../src/engine/plan/compile.ts";
import { type BlockPlan, kindsIn } from "../../src/engine/plan/plan.ts";
import type { Step } from "../../src/language/definition/step.ts";
import { bytesOfText, lru } from "../../src/lru.ts";

const MAX_BYTES = 512 * 1024;

/** The kinds of steps that the runs of a definition come to. */
export interface Reach {
  first: "end" | "wait" | "effect" | "signal" | "child";
  /** The effect at the path 0, if the definition begins with one and names its host without a placeholder; else null. */
  startsWith: { name: string; host: string } | null;
  /** Whether an effect comes anywhere. */
  effects: boolean;
}

/** The reach of definitions, by their key. */
export class Reaches {
  readonly #types: StepTypes;
  readonly #known = lru<Reach>({
    maxBytes: MAX_BYTES,
    bytesOf: ({ startsWith }) => 50 + bytesOfText(startsWith?.name ?? ""),
  });

  constructor(types: StepTypes) {
    this.#types = types;
  }

  /** The reach of a definition, whose steps are given as JSON text. */
  of(definition: string, steps: string): Reach {
    const known = this.#known.get(definition);
    if (known !== undefined) return known;
    const parsed: Step[] = JSON.parse(steps);
    const { root } = compile(parsed, this.#types);
    const kinds = [...kindsIn(root)];
    const first = kinds.find((kind) => kind !== "pure") ?? "end";
    const reach: Reach = { first, startsWith: firstEffect(root), effects: kinds.includes("effect") };
    this.#known.set(definition, reach);
    return reach;
  }
}

function firstEffect({ nodes: [node] }: BlockPlan): Reach["startsWith"] {
  const type = node?.kind === "step" ? node.stepType : undefined;
  if (
    node?.kind !== "step" ||
    node.condition !== null ||
    type?.connector.kind !== "effect" ||
    !type.validator.Check(node.config)
  )
    return null;
  const host = type.connector.host?.(node.config) ?? null;
  return host === null ? null : { name: node.name, host };
}
