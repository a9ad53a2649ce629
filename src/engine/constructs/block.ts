import type { BlockState } from "../state/state.ts";
import { endOf, failureOf } from "./bodies.ts";
import type { Construct, Verdict } from "./construct.ts";

/** Steps that are one. */
export const block: Construct = {
  begin: () => ({ details: null }),
  bodies: ({ bodies }) => bodies,
  next: (_, bodies) => bodies,
  verdict: (_, [body]) => (body === undefined ? null : verdictOfBody(body)),
};

/** How a container ends whose only body this is; null while it goes on. */
export function verdictOfBody(body: BlockState): Verdict | null {
  if (body.error !== null) return { kind: "end", ...failureOf(body), callsOff: null };
  return body.result === null ? null : endOf(body.result);
}
