import { ApiError } from "../../../../client/errors.ts";
import type { FaultsByPlace } from "../../../shared/form/input.ts";

/** What an answer says is wrong with a schedule, by its fields; empty of any other error. */
export function faultsIn(error: unknown): FaultsByPlace {
  if (!(error instanceof ApiError)) return new Map();
  if (error.code === "workflow_not_found") return new Map([["workflow_id", "No workflow has this id"]]);
  if (error.code === "schedule_exists") return new Map([["id", "Another schedule has this id"]]);
  return new Map(error.faults.map(({ loc, msg }) => [String(loc[1] ?? ""), msg]));
}
