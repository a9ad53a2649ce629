import { MAX_CONCURRENCY, MAX_ITEMS } from "../../language/definition/map.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import type { ErrorDetails } from "../../schemas/runs/run.ts";
import { describeFailure } from "../../step-failures.ts";
import type { FailedOutcome } from "../entries.ts";
import { hashOf } from "../hash.ts";
import { resolvePlaceholders } from "../placeholders.ts";
import type { ContainerNode, MapPlan } from "../plan/plan.ts";
import { placeholderFailure } from "../result.ts";
import type { Bound, Meter, Scope } from "../state/scope.ts";
import { addressOf, type FailedIteration, type MapState } from "../state/state.ts";
import { detailsOf } from "../steps/recording/outcome.ts";
import { endOf } from "./bodies.ts";
import type { Construct, Point, Verdict } from "./construct.ts";

/** What the iterations of an attempt are for, and how many may be under way at once. */
export interface Items {
  items: readonly Json[];
  concurrency: number;
}

/** Runs a list of steps once for each item of a list. */
export const map: Construct = {
  begin(node, scope, meter) {
    const found = itemsOf(planOf(node), scope, meter);
    return "error" in found ? found : { details: detailsAtBegin(found) };
  },

  // Iterations are opened one after the other.
  bodies: () => [],

  next: (_, bodies) => bodies,

  verdict(node, bodies, at): Verdict | null {
    const { map: state } = at.step;
    if (state === null) return endOf({ ...describeFailure("items_changed", {}), output: null });
    const { items, outputs, failed, failures, stoppedBy } = state;
    if (stoppedBy !== null) {
      const { outcome, inner } = failureOf(node, state, at);
      return { kind: "end", outcome, inner, callsOff: describeFailure("cancelled_by_iteration", stoppedBy) };
    }
    if (bodies.length > 0) return null;
    const counts = { items: items.length, succeeded: items.length - failed, failed };
    const details = failures.map((one) => ({ index: one.index, error: { ...errorOf(node, one, at) } }));
    return endOf({ output: outputs, details: details.length === 0 ? counts : { ...counts, failures: details } });
  },
};

/** What the iterations of an attempt that begins are for; given again after a crash, since nothing that they come of changes. */
export function itemsOf({ items, concurrency, batch }: MapPlan, scope: Scope, meter: Meter): Items | FailedOutcome {
  try {
    const list = resolvePlaceholders(items, scope, undefined, meter);
    const most = resolvePlaceholders(concurrency, scope, undefined, meter);
    if (!Array.isArray(list)) return unfit(".items", "Input should be a valid list");
    if (list.length > MAX_ITEMS) return { ...describeFailure("too_many_items", { count: list.length }), output: null };
    if (typeof most !== "number" || !Number.isInteger(most) || most < 1 || most > MAX_CONCURRENCY) {
      return unfit(".concurrency", `Input should be a whole number from 1 to ${MAX_CONCURRENCY}`);
    }
    return { items: batch === null ? list : batchesOf(list, batch), concurrency: most };
  } catch (error) {
    return placeholderFailure(error);
  }
}

/** What the steps of an iteration reach by name. */
export function boundIn({ as, index }: MapPlan, item: Json, iteration: number): Bound {
  return index === null ? { [as]: item } : { [as]: item, [index]: iteration };
}

/** How many of so many iterations may fail. */
export function mayFail({ maxFailures }: MapPlan, iterations: number): number {
  if (typeof maxFailures === "number") return maxFailures;
  return Math.floor((iterations * Number.parseFloat(maxFailures)) / 100);
}

/** Whether these are the items that an attempt began with. */
export function areThose(found: Items, details: JsonObject | null): boolean {
  const { items, hash } = detailsAtBegin(found);
  return details?.items === items && details.hash === hash;
}

function detailsAtBegin({ items }: Items): { items: number; hash: string } {
  return { items: items.length, hash: hashOf(JSON.stringify(items)).toString(16).padStart(8, "0") };
}

function batchesOf(list: readonly Json[], size: number): Json[][] {
  const batches: Json[][] = [];
  for (let at = 0; at < list.length; at += size) batches.push(list.slice(at, at + size));
  return batches;
}

function unfit(place: string, fault: string): FailedOutcome {
  return { ...describeFailure("config_unfit", { place, fault }), output: null };
}

/** How a map fails that was stopped. */
function failureOf(node: ContainerNode, state: MapState, at: Point): Pick<Verdict, "outcome" | "inner"> {
  const { items, failed, failures, stoppedBy } = state;
  const [first] = failures;
  if (stoppedBy?.how !== "failed" || first === undefined) {
    return { outcome: { ...describeFailure("output_too_large", {}), output: null }, inner: null };
  }
  const total = items.length;
  if (mayFail(planOf(node), total) === 0) return first;
  const details = { failed, total, first: { ...errorOf(node, first, at) } };
  return {
    outcome: { ...describeFailure("too_many_failures", { failed, total }), output: null, details },
    inner: null,
  };
}

/** The error of an iteration, as data. */
function errorOf(node: ContainerNode, { path, outcome, inner }: FailedIteration, { block, now }: Point): ErrorDetails {
  return inner ?? detailsOf(addressOf(block, node), path, 1, now, outcome);
}

function planOf({ map: plan }: ContainerNode): MapPlan {
  if (plan === null) throw new Error("A map has no plan");
  return plan;
}
