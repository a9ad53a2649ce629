import { isoTime } from "../../clock.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { Budget } from "../expressions/cost.ts";
import { broughtBy } from "../keys.ts";
import { type Source, splitText, wholePlaceholder } from "../placeholder.ts";

/** The payload of a tick's run, or why it can't be told: `${schedule.time}` and `${schedule.id}` are what it can name. */
export function payloadOf(template: JsonObject, id: string, tick: number): { payload: JsonObject } | { fault: string } {
  const roots = { schedule: { id, time: isoTime(tick) } };
  // One for all of its expressions.
  const budget = new Budget();
  try {
    return { payload: filledObject(template) };
  } catch (error) {
    if (error instanceof Nowhere) return { fault: error.message };
    throw error;
  }

  function filled(item: Json): Json {
    if (typeof item === "string") return filledText(item);
    if (Array.isArray(item)) return item.map(filled);
    return item === null || typeof item !== "object" ? item : filledObject(item);
  }

  function filledObject(item: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, filled(part)]));
  }

  function filledText(text: string): Json {
    const whole = wholePlaceholder(text);
    if (whole !== null) return valueIn(whole);
    const { fixed, sources } = splitText(text);
    const values = sources.map((source) => textOf(valueIn(source)));
    return fixed.map((part, index) => part + (values[index] ?? "")).join("");
  }

  function valueIn(source: Source): Json {
    const found = broughtBy(source, roots, budget);
    if ("fault" in found) throw new Nowhere(found.fault);
    return found.value;
  }
}

/** A placeholder brings nothing. */
class Nowhere extends Error {}

function textOf(value: Json): string {
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
