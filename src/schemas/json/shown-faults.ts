import { type RequestFault, shortened } from "../../errors.ts";
import { MAX_FAULTS } from "./json.ts";

/** Bytes of all faults as JSON: what else is in an answer leaves it below 16 KiB. */
const MAX_BYTES = 15 * 1024;
const LEAST_BYTES = 2 * 1024;
const MAX_PLACE_BYTES = 1024;
const MAX_KEY = 64;
const MAX_MESSAGE = 500;
/** Room for the entry that says how many are left out. */
const LAST_BYTES = 128;

/**
 * The faults that an answer has room for: long keys, paths and messages cut with "…". Where some are left out, a last entry
 * says how many.
 *
 * @param answers in one answer there are so many; hundreds have room for a fault or two each
 */
export function shownFaults(faults: RequestFault[], answers = 1): RequestFault[] {
  const shown: RequestFault[] = [];
  let room = Math.max(MAX_BYTES / answers, LEAST_BYTES) - LAST_BYTES;
  for (const { loc, msg, ...rest } of faults) {
    const fault = { loc: shownPlace(loc), msg: shortened(msg, MAX_MESSAGE), ...rest };
    room -= bytesOf(fault) + 1;
    if (room < 0) break;
    shown.push(fault);
  }
  const hidden = faults.length - shown.length;
  // The search ends at MAX_FAULTS.
  const mayBeMore = faults.length >= MAX_FAULTS;
  if (hidden === 0 && !mayBeMore) return shown;
  const root = faults[0]?.loc[0] ?? "body";
  const msg =
    hidden === 0 ? "There may be more faults" : `${mayBeMore ? "At least " : ""}${hidden} more faults are not shown`;
  return [...shown, { loc: [root], msg, type: "faults_not_shown" }];
}

function shownPlace(loc: RequestFault["loc"]): RequestFault["loc"] {
  const place: RequestFault["loc"] = [];
  let room = MAX_PLACE_BYTES;
  for (const segment of loc) {
    const shown = typeof segment === "string" ? shortened(segment, MAX_KEY) : segment;
    room -= bytesOf(shown) + 1;
    if (room < 0) return [...place, "…"];
    place.push(shown);
  }
  return place;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
