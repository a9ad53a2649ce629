/** Makes a function of each part of an expression. Names become slots; nothing is looked up by its text while it runs. */

import { fail } from "../cost.ts";
import { Steps } from "../scope.ts";
import type { Expr } from "../tree.ts";
import { aTypeOf, fieldOf, isFields, isList, NOTHING, Optional, setField, type Value } from "../values/values.ts";
import { gather, quantifier } from "./comprehensions.ts";
import { boolOf, logic, type Of, type Run } from "./frame.ts";
import { BINARY, elementOf, negate } from "./operators.ts";

/** @param names those that are bound around the part, the outermost first */
export function closureOf(expr: Expr, names: readonly string[] = []): Run {
  switch (expr.kind) {
    case "literal":
      return () => expr.value;
    case "name":
      return name(expr, names);
    case "field":
      return read(expr, closureOf(expr.of, names), () => expr.field);
    case "index":
      return read(expr, closureOf(expr.of, names), closureOf(expr.index, names));
    case "has":
      return has(expr, closureOf(expr.of, names));
    case "call":
      return call(expr, names);
    case "list":
      return listOf(expr, names);
    case "map":
      return mapOf(expr, names);
    case "choice": {
      const condition = boolOf(expr.condition, closureOf(expr.condition, names));
      const [then, otherwise] = [closureOf(expr.then, names), closureOf(expr.otherwise, names)];
      return (frame) => (condition(frame) ? then(frame) : otherwise(frame));
    }
    case "logic":
      return logic(expr, closureOf(expr.left, names), closureOf(expr.right, names));
    case "not": {
      const operand = boolOf(expr.operand, closureOf(expr.operand, names));
      return (frame) => !operand(frame);
    }
    case "negate": {
      const operand = closureOf(expr.operand, names);
      return (frame) => {
        const value = operand(frame);
        frame.at = expr;
        return negate(value);
      };
    }
    case "binary": {
      const operator = BINARY[expr.operator];
      const [left, right] = [closureOf(expr.left, names), closureOf(expr.right, names)];
      return (frame) => {
        const one = left(frame);
        const other = right(frame);
        frame.at = expr;
        return operator(one, other, frame.budget);
      };
    }
    case "quantifier": {
      const condition = closureOf(expr.condition, [...names, expr.variable]);
      return quantifier(expr, closureOf(expr.range, names), condition, names.length);
    }
    case "gather": {
      const inside = [...names, expr.variable];
      const condition = expr.condition === null ? null : closureOf(expr.condition, inside);
      const result = expr.result === null ? null : closureOf(expr.result, inside);
      return gather(expr, closureOf(expr.range, names), { condition, result }, names.length);
    }
    case "bind": {
      const [value, body] = [closureOf(expr.value, names), closureOf(expr.body, [...names, expr.variable])];
      const slot = names.length;
      return (frame) => {
        frame.slots[slot] = value(frame);
        return body(frame);
      };
    }
  }
}

function name(expr: Of<"name">, names: readonly string[]): Run {
  const slot = names.lastIndexOf(expr.name);
  if (slot >= 0) return ({ slots }) => slots[slot] ?? null;
  return (frame) => {
    const known = frame.known.get(expr.name);
    if (known !== undefined) return known;
    const given = frame.scope.get(expr.name);
    const value = given === undefined && expr.name === "steps" ? new Steps(frame.scope) : given;
    if (value === undefined) {
      frame.at = expr;
      return fail(`There is no \`${expr.name}\` here`);
    }
    frame.known.set(expr.name, value);
    return value;
  };
}

function read(expr: Of<"field"> | Of<"index">, container: Run, key: Run): Run {
  return (frame) => {
    const of = container(frame);
    const index = key(frame);
    frame.at = expr;
    if (of instanceof Optional) return optional(of.value === undefined ? undefined : partOf(of.value, index));
    const value = partOf(of, index);
    if (expr.isOptional) return optional(value);
    if (value !== undefined) return value;
    return fail(
      `There is no ${typeof index === "string" ? `field ${JSON.stringify(index.slice(0, 80))}` : "such element"}`,
    );
  };
}

function optional(value: Value | undefined): Value {
  return value === undefined ? NOTHING : new Optional(value);
}

function partOf(of: Value, index: Value): Value | undefined {
  if (isList(of)) return elementOf(of, index);
  if (typeof index === "string") return fieldOf(of, index);
  return isFields(of) ? undefined : fail(`There are no elements in ${aTypeOf(of)}`);
}

function has(expr: Of<"has">, container: Run): Run {
  return (frame) => {
    const value = container(frame);
    frame.at = expr;
    const of = value instanceof Optional ? value.value : value;
    return of !== undefined && fieldOf(of, expr.field) !== undefined;
  };
}

function call(expr: Of<"call">, names: readonly string[]): Run {
  const args = expr.arguments.map((argument) => closureOf(argument, names));
  const { run } = expr.function;
  return (frame) => {
    const values = args.map((argument) => argument(frame));
    frame.at = expr;
    return run(values, frame.budget);
  };
}

function listOf(expr: Of<"list">, names: readonly string[]): Run {
  const parts = expr.elements.map((element) => closureOf(element, names));
  return (frame) => {
    frame.at = expr;
    frame.budget.spend(parts.length);
    return parts.map((part) => part(frame));
  };
}

function mapOf(expr: Of<"map">, names: readonly string[]): Run {
  const entries = expr.entries.map(([key, value]): [Run, Run] => [closureOf(key, names), closureOf(value, names)]);
  return (frame) => {
    frame.at = expr;
    frame.budget.spend(entries.length);
    const fields: { [key: string]: Value } = {};
    for (const [keyRun, valueRun] of entries) {
      const key = keyRun(frame);
      const value = valueRun(frame);
      frame.at = expr;
      if (typeof key !== "string") return fail(`The keys of a map are strings; this one is ${aTypeOf(key)}`);
      if (Object.hasOwn(fields, key)) return fail(`The map has the key ${JSON.stringify(key.slice(0, 80))} twice`);
      setField(fields, key, value);
    }
    return fields;
  };
}
