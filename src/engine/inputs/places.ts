/** Where steps of a run stand in its plan, by their paths. */
import type { BlockPlan, BodyPlan, ContainerNode, Node } from "../plan/plan.ts";

/** A list of steps as a run has it. */
export interface Frame {
  plan: BlockPlan;
  /** The common prefix of the paths of its steps. */
  prefix: string;
  /** What it is within; null at the top. */
  around: Around | null;
}

/** A moment in a list: before an attempt of one of its steps, from 1 on. */
export interface Moment {
  frame: Frame;
  index: number;
  attempt: number;
}

/** What a list is within, and the moment at which that began it. */
export interface Around extends Moment {
  node: Node;
  kind: "body" | "iteration" | "handler" | "undoing";
  /** Which iteration it is; null for others. */
  iteration: number | null;
}

/** A step of a run. */
export interface Place {
  frame: Frame;
  index: number;
  node: Node;
}

const STEP = /^(\d+)(?:~(\d+))?$/;
const HANDLER = /^c(\d+)$/;
/** A moment behind all attempts of a step. */
const AFTER = Number.POSITIVE_INFINITY;

/** The step at a path; null where the plan has none. */
export function placeAt(root: BlockPlan, path: string): Place | null {
  const segments = path.split("/");
  let frame: Frame = { plan: root, prefix: "", around: null };
  for (let at = 0; at < segments.length; at += 2) {
    const [, index = "", attempt = "1"] = STEP.exec(segments[at] ?? "") ?? [];
    const node = frame.plan.nodes[Number(index)];
    if (index === "" || node === undefined) return null;
    const moment = { frame, index: Number(index), attempt: Number(attempt) };
    const list = segments[at + 1];
    if (list === undefined) return { frame, index: Number(index), node };
    if (list === "u") return undoingAt(moment, node, segments.length === at + 2);
    const inside = frameWithin(moment, node, list);
    if (inside === null) return null;
    frame = inside;
  }
  return null;
}

function undoingAt(moment: Moment, node: Node, isLast: boolean): Place | null {
  const [step] = node.compensation?.nodes ?? [];
  if (node.compensation === null || step === undefined || !isLast) return null;
  const { frame, index } = moment;
  const around = { frame, index: index + 1, attempt: 1, node, kind: "undoing" as const, iteration: null };
  return { frame: { plan: node.compensation, prefix: `${frame.prefix}${index}/`, around }, index: 0, node: step };
}

function frameWithin(moment: Moment, node: Node, list: string): Frame | null {
  const [, handler] = HANDLER.exec(list) ?? [];
  if (handler !== undefined) return handlerFrame(moment.frame, moment.index, node, Number(handler));
  if (node.kind !== "container") return null;
  const [only] = node.bodies;
  if (isRepeated(node))
    return only === undefined || !/^\d+$/.test(list) ? null : iterationFrame(moment, node, only, Number(list));
  const body = node.bodies.find(({ segment }) => segment === list);
  return body === undefined ? null : bodyFrame(moment, node, body);
}

export function isRepeated({ loop, map }: ContainerNode): boolean {
  return loop !== null || map !== null;
}

/** The path of an attempt, with a slash: the prefix of those of the lists in it. */
export function attemptPrefix({ frame, index, attempt }: Moment): string {
  return `${frame.prefix}${index}${attempt === 1 ? "" : `~${attempt}`}/`;
}

export function bodyFrame(moment: Moment, node: Node, { segment, plan }: BodyPlan): Frame {
  const prefix = `${attemptPrefix(moment)}${segment}/`;
  return { plan, prefix, around: { ...moment, node, kind: "body", iteration: null } };
}

export function iterationFrame(moment: Moment, node: Node, { plan }: BodyPlan, iteration: number): Frame {
  const prefix = `${attemptPrefix(moment)}${iteration}/`;
  return { plan, prefix, around: { ...moment, node, kind: "iteration", iteration } };
}

export function handlerFrame(frame: Frame, index: number, node: Node, handler: number): Frame | null {
  const plan = node.catches[handler]?.plan;
  if (plan === undefined) return null;
  const around: Around = { frame, index, attempt: AFTER, node, kind: "handler", iteration: null };
  return { plan, prefix: `${frame.prefix}${index}/c${handler}/`, around };
}
