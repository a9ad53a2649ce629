import { ApiError } from "../../../client/errors.ts";
import type { FaultsByPlace } from "../../shared/form/input.ts";

/** What an answer says is wrong with a payload, by the place in it. */
export function faultsOfPayload(error: unknown): FaultsByPlace {
  const faults = new Map<string, string>();
  if (!(error instanceof ApiError)) return faults;
  for (const { loc, msg } of error.faults) {
    const [root, part, ...place] = loc;
    if (root === "body" && part === "payload") faults.set(place.join("."), msg);
  }
  return faults;
}
