/** What became of each item of a map, in a letter each: ten thousand are ten thousand bytes. */
import { MAP } from "../../language/definition/control.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import type { MapItems } from "../../schemas/lists/step-query.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { KeptStep } from "./kept-steps.ts";

type Letter = "s" | "f" | "r" | "k" | ".";
/** Where steps of one item differ, the first of these is told. */
const TOLD_FIRST: readonly Letter[] = ["f", "r", "k", "s"];

/**
 * The items of a map as far as they are known.
 *
 * @param map the map among the steps of its run
 * @param definition the steps of the run's version
 */
export function itemsOf(map: KeptStep, steps: readonly KeptStep[], definition: readonly Json[]): MapItems {
  const { details, status, step_name: address } = map.result;
  const last = bodyLength([...definition], nameOf(address)) - 1;
  const found = new Map<number, Letter>();
  const tell = (index: number, letter: Letter) => {
    const before = found.get(index);
    if (before === undefined || TOLD_FIRST.indexOf(letter) < TOLD_FIRST.indexOf(before)) found.set(index, letter);
  };
  /** Items whose last step is over: before that, one whose steps are over goes on to the next of them. */
  const over = new Set<number>();
  for (const { path, result } of steps) {
    const place = placeIn(map.path, path);
    if (place === null) continue;
    tell(place.item, letterOf(result, place.isNested));
    if (place.step === last && !place.isNested && result.completed_at !== null) over.add(place.item);
  }
  const failures = isObject(details) && Array.isArray(details.failures) ? details.failures : [];
  for (const one of failures) if (isObject(one) && typeof one.index === "number") tell(one.index, "f");
  const total = totalOf(details) ?? Math.max(-1, ...found.keys()) + 1;
  const letters = Array.from({ length: total }, (_, index): Letter => {
    const letter = found.get(index);
    // What is left out of the results of a map that came to its end did what it was to.
    if (letter === undefined) return status === "success" ? "s" : ".";
    return letter === "s" && status === "running" && !over.has(index) ? "r" : letter;
  });
  return { total, items: letters.join("") };
}

/** How many items a map began with, where it says so: one that failed calls them its total. */
function totalOf(details: StepResult["details"]): number | null {
  const { items, total = null }: JsonObject = details ?? {};
  const known = items ?? total;
  return typeof known === "number" ? known : null;
}

function letterOf({ status, error, handled }: StepResult, isNested: boolean): Letter {
  if (status === "running" || status === "pending") return "r";
  // What holds a step says what its failure came to.
  if (status === "failed" && handled !== true) return isNested ? "s" : "f";
  return status === "skipped" && error !== null ? "k" : "s";
}

/** Of which item a path is, and of which step of it; null of one that is not within the map's iterations. */
function placeIn(map: string, path: string): { item: number; step: number; isNested: boolean } | null {
  if (!path.startsWith(map)) return null;
  const [, item, step, rest] = /^(?:~\d+)?\/(\d+)\/(\d+)(?:~\d+)?(\/.*)?$/.exec(path.slice(map.length)) ?? [];
  return item === undefined ? null : { item: Number(item), step: Number(step), isNested: rest !== undefined };
}

/** The own name of a step, without those of what it is in. */
function nameOf(address: string): string {
  return address.split(".").at(-1) ?? address;
}

/** How many steps a map has, wherever it stands: names are told apart in all of a definition. */
function bodyLength(value: Json, name: string): number {
  if (Array.isArray(value)) return Math.max(0, ...value.map((one) => bodyLength(one, name)));
  if (!isObject(value)) return 0;
  const { config } = value;
  if (value.type === MAP && value.name === name && isObject(config) && Array.isArray(config.steps)) {
    return config.steps.length;
  }
  return Math.max(0, ...Object.values(value).map((one) => (one === undefined ? 0 : bodyLength(one, name))));
}
