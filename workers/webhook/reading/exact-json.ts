import type { ReplyFaults } from "../../../src/connectors/index.ts";
import {
  endOfString,
  findJsonFaults,
  type Json,
  type JsonFault,
  MAX_DEPTH,
  pathsToOffsets,
} from "../../../src/schemas/json/json.ts";
import { endOfNumber } from "../../../src/schemas/json/numbers.ts";

/** A reply is one level below the output that holds it. */
const DEPTH = MAX_DEPTH - 1;
const MAX_NAMED = 20;
/** Characters of a key in the path of a fault. */
const MAX_KEY = 100;

export interface Mended {
  data: Json;
  faults: ReplyFaults;
}

/**
 * The value of a JSON text, with what not every store gives back unchanged replaced: numbers that a double does not hold by
 * their text, NUL and lone surrogates by U+FFFD. Null for a text that is no JSON.
 */
export function parseMended(text: string): Mended | null {
  const data = parsed(text);
  if (data === undefined) return null;
  const found = findJsonFaults(text, { faults: Number.POSITIVE_INFINITY, depth: DEPTH });
  const faults = found.filter(({ kind }) => kind !== "key");
  if (faults.length === 0) return { data, faults: { count: 0, first: [] } };
  // No part of it could be reached less deep, so that its text is all there is to keep.
  if (faults.some(({ kind }) => kind === "depth")) {
    return { data: mendText(text).data, faults: { count: 1, first: [{ path: [], fault: "depth" }] } };
  }
  return { data: JSON.parse(mendedText(text, faults)), faults: described(text, faults) };
}

/** The text as every store keeps it; decoded from bytes, so that it holds no lone surrogate. */
export function mendText(text: string): Mended & { data: string } {
  const data = mendString(text);
  const count = data === text ? 0 : text.split("\0").length - 1;
  return { data, faults: { count, first: count === 0 ? [] : [{ path: [], fault: "string" }] } };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    // A reply that is declared as JSON and is not is kept as text, as the contract has it.
    return undefined;
  }
}

function mendedText(text: string, faults: JsonFault[]): string {
  // What is between quotes in turn with what is not.
  const parts: string[] = [];
  let at = 0;
  for (const { kind, offset } of faults) {
    const end = kind === "number" ? endOfNumber(text, offset) : endOfString(text, offset);
    const token = text.slice(offset, end);
    const kept = kind === "number" ? token : JSON.stringify(mendString(JSON.parse(token))).slice(1, -1);
    parts.push(text.slice(at, offset), kept);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join('"');
}

function described(text: string, faults: JsonFault[]): ReplyFaults {
  const named = faults.slice(0, MAX_NAMED);
  const paths = pathsToOffsets(
    text,
    named.map(({ offset }) => offset),
  );
  return {
    count: faults.length,
    first: named.map(({ kind }, index) => ({
      path: (paths[index] ?? []).map((segment) => (typeof segment === "string" ? shortKey(segment) : segment)),
      fault: kind === "number" ? "number" : "string",
    })),
  };
}

function shortKey(key: string): string {
  return mendString(key.length > MAX_KEY ? `${key.slice(0, MAX_KEY)}…` : key);
}

function mendString(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
