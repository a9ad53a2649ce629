import type { ASTNode } from "@marcbachmann/cel-js";
import type { BinaryOperator } from "./evaluation/operators.ts";
import type { FunctionEntry, Gives } from "./signature.ts";
import type { Value } from "./values/values.ts";

/** Where something stands in the text of an expression, in UTF-16 units. */
export interface Place {
  offset: number;
  length: number;
}

/** Something in an expression that no values can mend. */
export interface ExpressionFault extends Place {
  type: "expression_syntax" | "expression_function" | "expression_too_large";
  message: string;
}

/** A name that an expression takes from outside. */
export interface Reference extends Place {
  name: string;
  /** Of `steps`: the step that is read, where it is written out. */
  step: string | null;
  /** The fields that are read of it, one of the other, as far as they are written out. */
  fields: readonly string[];
  /** It is asked whether it is there: within `has(…)`, or before `.?` or `[?…]`. */
  asks?: true;
}

/** What is bound around a part of an expression. */
export interface Around {
  names: readonly string[];
  /** Comprehensions around it that visit it for each of their elements. */
  loops: number;
  binds: number;
  /** What it reads may be missing. */
  asks?: true;
}

export const OUTERMOST: Around = { names: [], loops: 0, binds: 0 };

export type Quantifier = "all" | "exists" | "exists_one";

/**
 * A part of an expression. `size` is how many parts it has, itself included; `weight` the same, where the read of a field
 * counts two and a call four, as they take so much longer.
 */
export type Expr = Place & { size: number; weight: number } & Shape;

export type Shape =
  | { kind: "literal"; value: Value }
  | { kind: "name"; name: string }
  | { kind: "field"; of: Expr; field: string; isOptional: boolean }
  | { kind: "index"; of: Expr; index: Expr; isOptional: boolean }
  | { kind: "has"; of: Expr; field: string }
  | { kind: "call"; name: string; function: FunctionEntry; arguments: Expr[] }
  | { kind: "list"; elements: Expr[] }
  | { kind: "map"; entries: [key: Expr, value: Expr][] }
  | { kind: "choice"; condition: Expr; then: Expr; otherwise: Expr }
  | { kind: "logic"; operator: "||" | "&&"; left: Expr; right: Expr }
  | { kind: "not"; operand: Expr }
  | { kind: "negate"; operand: Expr }
  | { kind: "binary"; operator: BinaryOperator; left: Expr; right: Expr }
  | { kind: "quantifier"; quantifier: Quantifier; range: Expr; variable: string; condition: Expr }
  | { kind: "gather"; range: Expr; variable: string; condition: Expr | null; result: Expr | null }
  | { kind: "bind"; variable: string; value: Expr; body: Expr };

/** A part of our tree, where a node of the library's stands. */
export function made(node: ASTNode, shape: Shape, ...parts: (Expr | null)[]): Expr {
  const size = parts.reduce((sum, part) => sum + (part?.size ?? 0), 1);
  const weight = parts.reduce((sum, part) => sum + (part?.weight ?? 0), WEIGHTS[shape.kind] ?? 1);
  return { ...shape, size, weight, ...placeOf(node) };
}

const WEIGHTS: Partial<Record<Shape["kind"], number>> = { field: 2, index: 2, has: 2, call: 4 };

export function placeOf({ start, end }: ASTNode): Place {
  return { offset: start, length: end - start };
}

/** What an expression gives, as far as its text shows. */
export function givesOf(expr: Expr): Gives {
  switch (expr.kind) {
    case "literal":
      return typeof expr.value === "boolean" ? "bool" : "other";
    case "call":
      return expr.function.gives;
    case "has":
    case "logic":
    case "not":
    case "quantifier":
      return "bool";
    case "binary":
      return /^(?:[+\-*/%])$/.test(expr.operator) ? "other" : "bool";
    case "choice": {
      const [then, otherwise] = [givesOf(expr.then), givesOf(expr.otherwise)];
      return then === otherwise ? then : "anything";
    }
    case "bind":
      return givesOf(expr.body);
    case "list":
    case "map":
    case "negate":
    case "gather":
      return "other";
    case "field":
    case "index":
    case "name":
      return "anything";
  }
}
