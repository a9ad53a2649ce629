import type { RequestFault } from "../../errors.ts";
import { isObject, type Json, type JsonObject, MAX_FAULTS } from "../../schemas/json/json.ts";
import { FORMATS } from "./formats.ts";
import { type Rule, rulesOfArrays, rulesOfNumbers, rulesOfStrings } from "./rules.ts";
import { canonicalText, isTyped, typesOf } from "./values.ts";
import { definitionOf } from "./words.ts";

/** Schemas that are looked at, and parts of 16 characters that are compared: some 100 ms. */
export const MAX_UNITS = 1_000_000;
const CHARACTERS = 16;
/** Keys of an object that are listed for a unit. */
const KEYS = 4;
/** Decimal numbers of any size are divided. */
const UNITS_OF_MULTIPLE = 8;

type Loc = (string | number)[];

/** Thrown where a check would cost more than a request may. */
export class TooCostly extends Error {}

/** One check of a value: its faults, and what it may still cost. */
export class CheckOfValue {
  readonly faults: RequestFault[] = [];
  readonly #root: JsonObject;
  #left: number;
  /** Alternatives around: what does not fit there is no fault. */
  #silence = 0;

  constructor(root: JsonObject, units: number) {
    this.#root = root;
    this.#left = units;
  }

  get left(): number {
    return this.#left;
  }

  /** Whether a value fits; its faults are noted. @throws TooCostly */
  fits(schema: Json, value: Json, loc: Loc): boolean {
    this.#charge(1);
    if (schema === true) return true;
    if (!isObject(schema)) return this.#fault(loc, "Nothing is permitted here", "extra_forbidden");
    if (schema.type !== undefined && !isTyped(value, schema.type)) {
      const [word = "value_error"] = typesOf(schema.type);
      return this.#fault(loc, `Input should be ${typesOf(schema.type).slice(1).join(" or ")}`, word);
    }
    let fits = true;
    const note = (holds: boolean) => {
      if (!holds) fits = false;
      // One fault is enough where nobody reads it.
      return fits || this.#silence === 0;
    };
    return (
      note(this.#isOneOf(schema, value, loc)) &&
      note(typeof schema.$ref !== "string" || this.fits(definitionOf(this.#root, schema.$ref) ?? true, value, loc)) &&
      note(this.#alternatives(schema, value, loc)) &&
      note(this.#parts(schema, value, loc)) &&
      fits
    );
  }

  #parts(schema: JsonObject, value: Json, loc: Loc): boolean {
    if (typeof value === "string") {
      this.#charge(value.length / CHARACTERS);
      const { format } = schema;
      const isFormed = typeof format !== "string" || FORMATS.get(format)?.(value) !== false;
      const isRuled = this.#rules(rulesOfStrings, schema, value, loc);
      return isRuled && (isFormed || this.#fault(loc, `String should be a ${format}`, "value_error"));
    }
    if (typeof value === "number") {
      if (schema.multipleOf !== undefined) this.#charge(UNITS_OF_MULTIPLE);
      return this.#rules(rulesOfNumbers, schema, value, loc);
    }
    if (Array.isArray(value)) return this.#array(schema, value, loc);
    return isObject(value) ? this.#object(schema, value, loc) : true;
  }

  #object({ properties, required, additionalProperties = true }: JsonObject, value: JsonObject, loc: Loc): boolean {
    let fits = true;
    for (const name of Array.isArray(required) ? required : []) {
      this.#charge(1);
      if (Object.hasOwn(value, String(name))) continue;
      fits = this.#fault([...loc, String(name)], "Field required", "missing");
      if (this.#silence > 0) return false;
    }
    const known = isObject(properties) ? properties : {};
    const keys = Object.keys(value);
    // How many there are is known only once they are listed, which each of many alternatives may do.
    this.#charge(keys.length / KEYS);
    for (const key of keys) {
      const part = value[key] ?? null;
      const at = [...loc, key];
      const schema = Object.hasOwn(known, key) ? known[key] : additionalProperties;
      if (schema === false) fits = this.#fault(at, "Extra inputs are not permitted", "extra_forbidden");
      else if (!this.fits(schema ?? true, part, at)) fits = false;
      if (!fits && this.#isEnough) return false;
    }
    return fits;
  }

  #array(schema: JsonObject, value: Json[], loc: Loc): boolean {
    let fits = this.#rules(rulesOfArrays, schema, value, loc);
    if (!fits && this.#isEnough) return false;
    const { prefixItems, items = true, uniqueItems } = schema;
    const first = Array.isArray(prefixItems) ? prefixItems : [];
    for (const [index, part] of value.entries()) {
      if (!this.fits(first[index] ?? items, part, [...loc, index])) fits = false;
      if (!fits && this.#isEnough) return false;
    }
    if (uniqueItems !== true) return fits;
    const seen = new Set<string>();
    for (const [index, part] of value.entries()) {
      const text = this.#text(part);
      if (seen.has(text)) return this.#fault([...loc, index], "Items should differ from one another", "value_error");
      seen.add(text);
    }
    return fits;
  }

  /** Of `enum` and `const`. */
  #isOneOf({ enum: words, const: only }: JsonObject, value: Json, loc: Loc): boolean {
    const permitted = [...(Array.isArray(words) ? [words] : []), ...(only === undefined ? [] : [[only]])];
    for (const list of permitted) {
      const text = this.#text(value);
      if (list.some((one) => this.#text(one) === text)) continue;
      const shown = list.slice(0, 10).map((one) => JSON.stringify(one).slice(0, 50));
      return this.#fault(loc, `Input should be ${shown.join(", ")}${list.length > 10 ? ", …" : ""}`, "enum");
    }
    return true;
  }

  #alternatives({ anyOf, oneOf, allOf, not }: JsonObject, value: Json, loc: Loc): boolean {
    const count = (list: Json[], most: number) => {
      let found = 0;
      for (const one of list) {
        if (found < most && this.#quietly(one, value, loc)) found++;
      }
      return found;
    };
    let fits = true;
    if (Array.isArray(anyOf) && count(anyOf, 1) === 0) {
      fits = this.#fault(loc, "Input should fit one of the alternatives", "value_error");
    }
    if (Array.isArray(oneOf) && count(oneOf, 2) !== 1) {
      fits = this.#fault(loc, "Input should fit exactly one of the alternatives", "value_error");
    }
    if (not !== undefined && this.#quietly(not, value, loc)) {
      fits = this.#fault(loc, "Input is what it should not be", "value_error");
    }
    for (const one of Array.isArray(allOf) ? allOf : []) if (!this.fits(one, value, loc)) fits = false;
    return fits;
  }

  #quietly(schema: Json, value: Json, loc: Loc): boolean {
    this.#silence++;
    const fits = this.fits(schema, value, loc);
    this.#silence--;
    return fits;
  }

  #rules<Value>(rules: Rule<Value>[], schema: JsonObject, value: Value, loc: Loc): boolean {
    let fits = true;
    for (const { word, holds, fault } of rules) {
      const bound = schema[word];
      if (typeof bound !== "number" || holds(value, bound)) continue;
      const [type, msg] = fault(bound);
      fits = this.#fault(loc, msg, type);
    }
    return fits;
  }

  /** A text that equal values have in common. */
  #text(value: Json): string {
    const text = canonicalText(value);
    this.#charge(1 + text.length / CHARACTERS);
    return text;
  }

  get #isEnough(): boolean {
    return this.#silence > 0 || this.faults.length >= MAX_FAULTS;
  }

  #charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new TooCostly();
  }

  /** Always false. */
  #fault(loc: Loc, msg: string, type: string): false {
    if (this.#silence === 0 && this.faults.length < MAX_FAULTS) this.faults.push({ loc, msg, type });
    return false;
  }
}
