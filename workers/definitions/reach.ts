import type { StepTypes } from "../../src/connectors/index.ts";
import { compile } from "../../src/engine/plan/compile.ts";
import { type BlockPlan, kindsIn, type Plan, repeats } from "../../src/engine/plan/plan.ts";
import { takesTurns } from "../../src/language/definition/options.ts";
import type { Definition } from "../../src/language/definition/workflow.ts";
import { bytesOfText, lru } from "../../src/lru.ts";

const MAX_BYTES = 512 * 1024;

/** The kinds of steps that the runs of a definition come to. */
export interface Reach {
  first: "end" | "wait" | "effect" | "signal" | "child";
  /** The effect at the path 0, if the definition begins with one and names its host without a placeholder; else null. */
  startsWith: { name: string; host: string } | null;
  /** Whether an effect comes anywhere. */
  effects: boolean;
  /** See Plan: only a run that is stored and held has facts. */
  needsFacts: boolean;
  /** Whether its runs take turns, so that others may wait for their ends. */
  takesTurns: boolean;
  /** See Plan. */
  onFailure: Plan["onFailure"];
  /** Whether steps are repeated, so that even pure ones may take long. */
  repeats: boolean;
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

  /** Whether runs of the definition of a key take turns, as far as it is known: it was asked for when they were handed over. */
  takeTurns(key: string): boolean {
    return this.#known.get(key)?.takesTurns ?? true;
  }

  /** The run that is started when one of a definition fails, as far as the definition is known. */
  onFailureOf(key: string): Plan["onFailure"] {
    return this.#known.get(key)?.onFailure ?? null;
  }

  /** The reach of the definition of a key, whose JSON text is given. */
  of(key: string, text: string): Reach {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const definition: Definition = JSON.parse(text);
    const { root, needsFacts, onFailure } = compile(definition, this.#types);
    const kinds = [...kindsIn(root)];
    const first = kinds.find((kind) => kind !== "pure") ?? "end";
    const startsWith = needsFacts ? null : firstEffect(root);
    const reach: Reach = {
      first,
      startsWith,
      effects: kinds.includes("effect"),
      needsFacts,
      takesTurns: takesTurns(definition),
      onFailure,
      repeats: repeats(root),
    };
    this.#known.set(key, reach);
    return reach;
  }
}

/** Whether a run may be executed before it is held: what is not stored has no facts, begins before its turn, and may take long. */
export function mayRunUnheld({ needsFacts, takesTurns, repeats }: Reach): boolean {
  return !needsFacts && !takesTurns && !repeats;
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
