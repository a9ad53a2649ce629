import type { StepType } from "../../connectors/index.ts";
import type { ContainerType, JoinKind } from "../../language/definition/containers.ts";
import type { Matcher } from "../../language/definition/matchers.ts";
import type { OnFailure } from "../../language/definition/options.ts";
import type { Retry } from "../../language/definition/retry.ts";
import type { Compiled } from "../../language/expressions/compile.ts";
import type { Json } from "../../schemas/json.ts";

/** A definition, compiled once for all of its runs. */
export interface Plan {
  root: BlockPlan;
  /** Its steps do nothing but run: its results have the fields that they always had, and no more. */
  isPlain: boolean;
  /** Of a run, in milliseconds; null where none is set. */
  timeout: number | null;
  /** Whether it has to know more of a run than its payload and its log: the facts. */
  needsFacts: boolean;
  /** The run that is started when one of it fails; null for none. */
  onFailure: OnFailure | null;
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
  /** Whether it runs; null where it always does. */
  condition: Condition | null;
  /** Of an attempt, in milliseconds; null where none is set, and where no time passes in it. */
  timeout: number | null;
  retries: readonly Retry[];
  catches: readonly CatchPlan[];
  /** Its list goes on behind it though it failed. */
  continues: boolean;
}

/** Steps that run when a step has failed with one of the errors. */
export interface CatchPlan {
  on: readonly Matcher[];
  plan: BlockPlan;
}

export interface StepNode extends NamedNode {
  kind: "step";
  stepType: StepType | undefined;
  config: Json;
}

/** A step that holds others. */
export interface ContainerNode extends NamedNode {
  kind: "container";
  type: ContainerType;
  bodies: readonly BodyPlan[];
  /** How the branches of a parallel end it; null for others. */
  join: JoinKind | null;
  /** Bodies that may be under way at once. */
  concurrency: number;
}

/** A list of steps that a container holds. */
export interface BodyPlan {
  /** Of the paths of its steps, behind that of the container. */
  segment: string;
  /** As its author names it, or the word for the default of a switch; empty where it has no name. */
  name: string;
  /** Of a case; null for others. */
  condition: Condition | null;
  plan: BlockPlan;
}

/** A compiled condition. */
export type Condition = Pick<Compiled, "text" | "test">;

/** Whether a step waits for what comes into the inbox of its run. */
export function hasInbox(node: Node): boolean {
  const kind = node.kind === "step" ? node.stepType?.connector.kind : undefined;
  return kind === "signal" || kind === "child";
}

export type Kind = "pure" | "wait" | "effect" | "signal" | "child";

/** The kinds of the steps of a plan, in order; "pure" steps need neither the outside world nor time. */
export function* kindsIn({ nodes }: BlockPlan): Generator<Kind> {
  for (const node of nodes) {
    if (node.kind === "container") yield* kindsInBodies(node.bodies);
    // A step type that is not known here may be of any kind.
    else yield node.stepType?.connector.kind ?? "effect";
    if (node.retries.length > 0) yield "wait";
    yield* kindsInBodies(node.catches);
  }
}

export function* kindsInBodies(bodies: readonly { plan: BlockPlan }[]): Generator<Kind> {
  for (const { plan } of bodies) yield* kindsIn(plan);
}
