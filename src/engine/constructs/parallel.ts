import type { JsonObject } from "../../schemas/json/json.ts";
import { describeFailure } from "../../step-failures.ts";
import type { FailedOutcome } from "../entries.ts";
import { addressOf, type BlockState } from "../state/state.ts";
import { detailsOf } from "../steps/recording/outcome.ts";
import { endOf, failureOf, hasFailed } from "./bodies.ts";
import type { Construct, Verdict } from "./construct.ts";

/** Branches beside one another, and the joins that end them. */
export const parallel: Construct = {
  begin: () => ({ details: null }),
  bodies: ({ bodies }) => bodies,

  /** The first that are not over, as many as may be under way at once. */
  next({ concurrency }, branches) {
    const open: BlockState[] = [];
    for (const branch of branches) {
      if (open.length === concurrency) break;
      if (branch.result === null && branch.error === null) open.push(branch);
    }
    return open;
  },

  verdict(node, branches, { block, now }): Verdict | null {
    const failed = branches.filter(hasFailed);
    const succeeded = branches.filter((branch) => branch.result !== null && !hasFailed(branch));
    const areOver = failed.length + succeeded.length === branches.length;
    const [firstFailed] = failed;
    const [winner] = succeeded;
    if (node.join === "all" && firstFailed !== undefined) {
      return { kind: "end", ...failureOf(firstFailed), callsOff: calledOffBy(firstFailed, "failed") };
    }
    if (node.join === "any" && winner !== undefined) {
      const outcome = { output: outputsOf([winner]), details: { winner: winner.name } };
      return { kind: "end", outcome, inner: null, callsOff: calledOffBy(winner, "succeeded") };
    }
    if (!areOver) return null;
    const details = failed.length > 0 ? { details: { failed: errorsOf(failed, addressOf(block, node), now) } } : {};
    if (node.join === "any") {
      const outcome = { ...describeFailure("all_failed", { count: branches.length }), output: null, ...details };
      return endOf(outcome);
    }
    return endOf({ output: outputsOf(succeeded), ...details });
  },
};

function calledOffBy({ name }: BlockState, how: "failed" | "succeeded"): Pick<FailedOutcome, "code" | "error"> {
  return describeFailure("cancelled", { branch: JSON.stringify(name), how });
}

function outputsOf(branches: readonly BlockState[]): JsonObject {
  return Object.fromEntries(branches.map(({ name, result }) => [name, result?.output ?? null]));
}

function errorsOf(branches: readonly BlockState[], address: string, now: number): JsonObject {
  return Object.fromEntries(
    branches.map((branch) => {
      const { outcome, inner } = failureOf(branch);
      return [branch.name, { ...(inner ?? detailsOf(address, branch.path, 1, now, outcome)) }];
    }),
  );
}
