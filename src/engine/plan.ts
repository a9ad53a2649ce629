import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { StepType, StepTypes } from "../connectors/index.ts";
import { BLOCK, BlockConfig } from "../schemas/block.ts";
import type { Json } from "../schemas/json.ts";
import { type Retry, retriesOf } from "../schemas/retry.ts";
import type { Step } from "../schemas/workflow.ts";

/** A definition, compiled once: what does not depend on a run. */
export interface Plan {
  root: BlockPlan;
  /** Nothing in it retries or holds other steps: its results have the fields that they always had, and no more. */
  isPlain: boolean;
}

/** Steps that run one after the other. */
export interface BlockPlan {
  nodes: readonly Node[];
  /** What it gives, placeholders unresolved; undefined for the outputs of its steps by name. */
  output: Json | undefined;
}

/** A step of a definition. */
export type Node = {
  /** As its author names it; other steps of its list reach its output by it. */
  name: string;
  /** The names of the containers around it and its own, by which its result is found. */
  address: string;
  type: string;
  retries: readonly Retry[];
} & ({ kind: "step"; stepType: StepType | undefined; config: Json } | { kind: "block"; body: BlockPlan });

const blockConfig = TypeCompiler.Compile(BlockConfig);

/** Compiles the steps of a definition, which were checked when it was made. */
export function compile(steps: readonly Step[], types: StepTypes): Plan {
  let isPlain = true;
  const block = (inside: readonly Step[], output: Json | undefined, above: string): BlockPlan => ({
    nodes: inside.map((step) => node(step, above)),
    output,
  });
  const node = ({ name, type, config, retry }: Step, above: string): Node => {
    const retries = retriesOf(retry);
    const common = { name, address: `${above}${name}`, type, retries };
    if (retries.length > 0) isPlain = false;
    if (type !== BLOCK || !blockConfig.Check(config)) {
      return { ...common, kind: "step", stepType: types.get(type), config };
    }
    isPlain = false;
    return { ...common, kind: "block", body: block(config.steps, config.output, `${common.address}.`) };
  };
  const root = block(steps, undefined, "");
  return { root, isPlain };
}

/** What runs of a plan may come to on their way, in order; "pure" needs nobody and no time. */
export function* kindsIn({ nodes }: BlockPlan): Generator<"pure" | "wait" | "effect"> {
  for (const node of nodes) {
    if (node.kind === "block") yield* kindsIn(node.body);
    // What is not known here may be anything.
    else yield node.stepType?.connector.kind ?? "effect";
    if (node.retries.length > 0) yield "wait";
  }
}
