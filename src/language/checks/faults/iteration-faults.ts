/** The faults of steps that repeat their steps, and of the names that they bind. */
import { Type } from "@sinclair/typebox";
import type { RequestFault } from "../../../errors.ts";
import { type Check, checkOf } from "../../../schemas/json/check.ts";
import { schemaFaults } from "../../../schemas/json/faults.ts";
import type { Json, JsonObject } from "../../../schemas/json/json.ts";
import { Duration, MAX_DURATION_SECONDS, secondsOf } from "../../definition/durations.ts";
import { BoundName } from "../../definition/loop.ts";
import { MAX_CONCURRENCY, MAX_ITEMS } from "../../definition/map.ts";
import { parse } from "../../expressions/parse.ts";
import { wholePlaceholder } from "../../placeholder.ts";
import type { Loc } from "../reading/lists.ts";
import type { Scope } from "../reading/scope.ts";

const durationSchema: Check<typeof Duration> = checkOf(Duration);

/** Beside those of its schema and its conditions. */
export function loopFaults({ while: before, until, interval }: JsonObject, loc: Loc): RequestFault[] {
  const faults: RequestFault[] = [];
  if ((before === undefined) === (until === undefined)) {
    faults.push({ loc, msg: "A loop has one of while and until, and not both", type: "loop_condition" });
  }
  // What is no duration is reported by the schema.
  const seconds = durationSchema.Check(interval) ? secondsOf(interval) : 0;
  if (!(seconds >= 0 && seconds <= MAX_DURATION_SECONDS)) {
    const msg = `Should be from 0 to ${MAX_DURATION_SECONDS} seconds`;
    faults.push({ loc: [...loc, "interval"], msg, type: "duration_range" });
  }
  return faults;
}

const concurrencySchema = checkOf(Type.Integer({ minimum: 1, maximum: MAX_CONCURRENCY }));

/** Beside those of its schema, and of what it reads. */
export function mapFaults({ items, concurrency }: JsonObject, loc: Loc): RequestFault[] {
  const faults: RequestFault[] = [];
  if (Array.isArray(items)) {
    const msg = `List should have at most ${MAX_ITEMS} items`;
    if (items.length > MAX_ITEMS) faults.push({ loc: [...loc, "items"], msg, type: "too_long" });
  } else if (items !== undefined && wholePlaceholder(items) === null) {
    const msg = "Should be a list, or a placeholder that gives one";
    faults.push({ loc: [...loc, "items"], msg, type: "items_not_a_list" });
  }
  if (concurrency === undefined || wholePlaceholder(concurrency) !== null) return faults;
  return [...faults, ...schemaFaults(concurrencySchema.Errors(concurrency), [...loc, "concurrency"])];
}

const boundName = checkOf(BoundName);

/** What is wrong with the names that a step binds for the steps within it. @param scope where the step stands */
export function boundFaults(names: { [field: string]: Json | undefined }, loc: Loc, scope: Scope): RequestFault[] {
  const before = new Set<string>();
  return Object.entries(names).flatMap(([field, name]): RequestFault[] => {
    // What is no name is reported by the schema.
    if (typeof name !== "string" || !boundName.Check(name)) return [];
    const isHiding = scope.isVisible(name) || before.has(name);
    before.add(name);
    const parsed = parse(name);
    const isName = !("faults" in parsed) && parsed.references.length === 1;
    if (name === "payload" || !isName) {
      return [
        { loc: [...loc, field], msg: `${JSON.stringify(name)} is a word of the language`, type: "reserved_name" },
      ];
    }
    const msg = `The name ${JSON.stringify(name)} would hide what has that name and is visible here`;
    return isHiding ? [{ loc: [...loc, field], msg, type: "name_hides" }] : [];
  });
}
