import type { StepType } from "../../connectors/index.ts";
import type { JoinKind } from "../../language/definition/containers.ts";
import type { ContainerType } from "../../language/definition/control.ts";
import type { Matcher } from "../../language/definition/matchers.ts";
import type { OnFailure } from "../../language/definition/options.ts";
import type { Retry } from "../../language/definition/retry.ts";
import type { Compiled } from "../../language/expressions/compile.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";

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
  /** What its variables begin with, placeholders unresolved; null for none. */
  vars: JsonObject | null;
}

/** A step of a definition. */
export type Node = StepNode | ContainerNode;

interface NamedNode {
  /** As its author names it; other steps of its list reach its output by it. */
  name: string;
  /** The names of the containers around it and its own, by which its result is found where no iteration is around it. */
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
  /** The step that undoes it once it has succeeded, alone in its list; null for none. */
  compensation: BlockPlan | null;
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
  /** How a loop repeats its body; null for others. */
  loop: LoopPlan | null;
  /** What a map runs its body for; null for others. */
  map: MapPlan | null;
}

/** What a map runs its body for. */
export interface MapPlan {
  /** The list, or what gives it: placeholders unresolved. */
  items: Json;
  /** Iterations that may be under way at once, likewise. */
  concurrency: Json;
  /** How many items an iteration is for, which are a list then; null for one by itself. */
  batch: number | null;
  /** Iterations that may fail: their number, or their part of all such as "5%". */
  maxFailures: number | string;
  /** The names by which its steps reach the item, and the number of their iteration; null for none. */
  as: string;
  index: string | null;
}

/** How a loop repeats its body. */
export interface LoopPlan {
  /** Tested before each iteration; null where `until` is tested after each. */
  while: Condition | null;
  until: Condition | null;
  maxIterations: number;
  /** Between two iterations, in milliseconds. */
  interval: number;
  /** It fails where there would be more iterations than it may have. */
  failsAtLimit: boolean;
  /** The name by which its steps reach the number of their iteration; null for none. */
  index: string | null;
  /** What the variables begin with that all of its iterations have together; null for none. */
  vars: JsonObject | null;
}

/** A list of steps that a container holds. */
export interface BodyPlan {
  /** Of the paths of its steps, behind that of the container; empty where each iteration has its own. */
  segment: string;
  /** Of the addresses of its steps, between that of the container and their names; empty likewise. */
  below: string;
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
    if (node.kind === "container") yield* kindsInContainer(node);
    // A step type that is not known here may be of any kind.
    else yield node.stepType?.connector.kind ?? "effect";
    if (node.retries.length > 0) yield "wait";
    yield* kindsInBodies(node.catches);
    if (node.compensation !== null) yield* kindsIn(node.compensation);
  }
}

/** The kinds of what an attempt of a container does. */
export function* kindsInContainer({ bodies, loop }: Pick<ContainerNode, "bodies" | "loop">): Generator<Kind> {
  yield* kindsInBodies(bodies);
  if (loop !== null && loop.interval > 0) yield "wait";
}

/** Whether steps of a plan are repeated, so that even pure ones may take long. */
export function repeats({ nodes }: BlockPlan): boolean {
  const inside = (bodies: readonly { plan: BlockPlan }[]) => bodies.some(({ plan }) => repeats(plan));
  return nodes.some((node) => {
    const isRepeated = node.kind === "container" && (node.loop !== null || node.map !== null || inside(node.bodies));
    return isRepeated || inside(node.catches);
  });
}

export function* kindsInBodies(bodies: readonly { plan: BlockPlan }[]): Generator<Kind> {
  for (const { plan } of bodies) yield* kindsIn(plan);
}
