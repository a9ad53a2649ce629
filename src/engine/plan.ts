import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { StepType, StepTypes } from "../connectors/index.ts";
import { BLOCK, BlockConfig, type JoinKind, PARALLEL, ParallelConfig } from "../language/containers.ts";
import { type Retry, retriesOf } from "../language/retry.ts";
import type { Step } from "../language/workflow.ts";
import type { Json } from "../schemas/json.ts";

/** A definition, compiled once for all of its runs. */
export interface Plan {
  root: BlockPlan;
  /** Nothing in it retries or holds other steps: its results have the fields that they always had, and no more. */
  isPlain: boolean;
}

/** Steps that run one after the other. */
export interface BlockPlan {
  nodes: readonly Node[];
  /** Its output, placeholders unresolved; undefined for the outputs of its steps by name. */
  output: Json | undefined;
}

/** A step of a definition. */
export type Node = StepNode | ContainerNode;

interface NamedNode {
  /** As its author names it; other steps of its list reach its output by it. */
  name: string;
  /** The names of the containers around it and its own, by which its result is found. */
  address: string;
  type: string;
  retries: readonly Retry[];
}

export interface StepNode extends NamedNode {
  kind: "step";
  stepType: StepType | undefined;
  config: Json;
}

/** A step that holds others. */
export interface ContainerNode extends NamedNode {
  kind: "container";
  /** The lists of steps that it holds; those of a parallel by their names. */
  branches: readonly { name: string; plan: BlockPlan }[];
  /** How the branches of a parallel end it; null for a block, which has one. */
  join: JoinKind | null;
  /** Branches that may be under way at once. */
  concurrency: number;
}

const blockConfig = TypeCompiler.Compile(BlockConfig);
const parallelConfig = TypeCompiler.Compile(ParallelConfig);

/** Compiles the steps of a definition, which were checked when it was made. */
export function compile(steps: readonly Step[], types: StepTypes): Plan {
  let isPlain = true;
  const block = (inside: readonly Step[], output: Json | undefined, above: string): BlockPlan => ({
    nodes: inside.map((step) => node(step, above)),
    output,
  });
  const node = ({ name, type, config, retry }: Step, above: string): Node => {
    const retries = retriesOf(retry);
    const address = `${above}${name}`;
    const common = { name, address, type, retries };
    if (retries.length > 0) isPlain = false;
    if (type === BLOCK && blockConfig.Check(config)) {
      isPlain = false;
      const plan = block(config.steps, config.output, `${address}.`);
      return { ...common, kind: "container", branches: [{ name: "", plan }], join: null, concurrency: 1 };
    }
    if (type === PARALLEL && parallelConfig.Check(config)) {
      isPlain = false;
      const { join = "all", concurrency = config.branches.length } = config;
      const branches = config.branches.map((branch) => ({
        name: branch.name,
        plan: block(branch.steps, branch.output, `${address}.${branch.name}.`),
      }));
      return { ...common, kind: "container", branches, join, concurrency };
    }
    return { ...common, kind: "step", stepType: types.get(type), config };
  };
  const root = block(steps, undefined, "");
  return { root, isPlain };
}

/** The kinds of the steps of a plan, in order; "pure" steps need neither the outside world nor time. */
export function* kindsIn({ nodes }: BlockPlan): Generator<"pure" | "wait" | "effect"> {
  for (const node of nodes) {
    if (node.kind === "container") for (const { plan } of node.branches) yield* kindsIn(plan);
    // A step type that is not known here may be of any kind.
    else yield node.stepType?.connector.kind ?? "effect";
    if (node.retries.length > 0) yield "wait";
  }
}
