import { type RequestFault, shortened } from "../../errors.ts";
import { MAX_FAULTS } from "./json.ts";

/** Bytes of all faults as JSON: what else is in an answer leaves it below 16 KiB. */
const MAX_BYTES = 15 * 1024;
const LEAST_BYTES = 384;
const MAX_KEY = 64;

/** How much of a fault is shown: bytes of its place, and characters of its message. */
interface Bounds {
  place: number;
  message: number;
}
const USUAL: Bounds = { place: 1024, message: 500 };
/** Of the first fault of an answer, where there is no room for so much. */
const SHORT: Bounds = { place: 128, message: 60 };
/** Room for the entry that says how many are left out. */
const LAST_BYTES = 128;

/**
 * The faults that an answer has room for: long keys, paths and messages cut with "…". Where some are left out, a last entry
 * says how many.
 *
 * @param answers in one answer there are so many; hundreds have room for a short fault or two each
 */
export function shownFaults(faults: RequestFault[], answers = 1): RequestFault[] {
  const shown: RequestFault[] = [];
  let room = Math.max(MAX_BYTES / answers, LEAST_BYTES) - LAST_BYTES;
  for (const fault of faults) {
    const isFirst = shown.length === 0;
    const usual = shownFault(fault, USUAL);
    const one = isFirst && bytesOf(usual) >= room ? shownFault(fault, SHORT) : usual;
    room -= bytesOf(one) + 1;
    if (room < 0 && !isFirst) break;
    shown.push(one);
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

/** A warning as an answer shows it, cut as a fault is: up to a hundred of them are shown. */
export function shownWarning(warning: RequestFault): RequestFault {
  return shownFault(warning, USUAL);
}

function shownFault({ loc, msg, ...rest }: RequestFault, { place, message }: Bounds): RequestFault {
  return { loc: shownPlace(loc, place), msg: shortened(msg, message), ...rest };
}

function shownPlace(loc: RequestFault["loc"], bytes: number): RequestFault["loc"] {
  const place: RequestFault["loc"] = [];
  let room = bytes;
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
