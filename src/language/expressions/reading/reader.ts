import type { ASTNode } from "@marcbachmann/cel-js";
import { FUNCTIONS } from "../functions/index.ts";
import type { FunctionEntry } from "../signature.ts";
import { type Around, type Expr, type ExpressionFault, made, OUTERMOST, placeOf, type Reference } from "../tree.ts";
import { MAX_INT, MIN_INT, TYPE_NAMES, Type, type Value } from "../values/values.ts";
import { readMacro } from "./macros.ts";

const TYPES: ReadonlyMap<string, Value> = new Map(TYPE_NAMES.map((name) => [name, new Type(name)]));
/** Words of the language that are no values. */
const KEPT: ReadonlySet<string> = new Set(["cel", "optional", "uint"]);

/** Makes our tree of the library's, and finds what in it can't be. */
export class Reader {
  readonly faults: ExpressionFault[] = [];
  readonly references: Reference[] = [];

  /** @param fields those that are read of it, where they are written out */
  read(node: ASTNode, around: Around = OUTERMOST, fields: readonly string[] = []): Expr {
    switch (node.op) {
      case "value":
        return this.#literal(node, node.args);
      case "id":
        return this.#name(node, node.args, around, fields);
      case ".":
      case ".?": {
        const of = this.read(node.args[0], node.op === ".?" ? { ...around, asks: true } : around, [
          node.args[1],
          ...fields,
        ]);
        return made(node, { kind: "field", of, field: node.args[1], isOptional: node.op === ".?" }, of);
      }
      case "[]":
      case "[?]": {
        const [operand, key] = node.args;
        const written = key.op === "value" && typeof key.args === "string" ? [key.args, ...fields] : [];
        const of = this.read(operand, node.op === "[?]" ? { ...around, asks: true } : around, written);
        const index = this.read(key, around);
        return made(node, { kind: "index", of, index, isOptional: node.op === "[?]" }, of, index);
      }
      case "call":
        return this.#call(node, around, node.args[0], null, node.args[1]);
      case "rcall":
        return this.#call(node, around, ...node.args);
      case "list": {
        const elements = node.args.map((element) => this.read(element, around));
        return made(node, { kind: "list", elements }, ...elements);
      }
      case "map": {
        const entries = node.args.map(([key, value]): [Expr, Expr] => [
          this.#key(key, around),
          this.read(value, around),
        ]);
        return made(node, { kind: "map", entries }, ...entries.flat());
      }
      case "?:": {
        const [condition, then, otherwise] = this.#three(node.args, around);
        return made(node, { kind: "choice", condition, then, otherwise }, condition, then, otherwise);
      }
      case "||":
      case "&&": {
        const [left, right] = this.#two(node.args, around);
        return made(node, { kind: "logic", operator: node.op, left, right }, left, right);
      }
      case "!_": {
        const operand = this.read(node.args, around);
        return made(node, { kind: "not", operand }, operand);
      }
      case "-_": {
        const { args } = node;
        if (args.op === "value" && typeof args.args === "bigint") return this.#literal(node, -args.args);
        const operand = this.read(args, around);
        return made(node, { kind: "negate", operand }, operand);
      }
      default: {
        const [left, right] = this.#two(node.args, around);
        return made(node, { kind: "binary", operator: node.op, left, right }, left, right);
      }
    }
  }

  #two([left, right]: [ASTNode, ASTNode], around: Around): [Expr, Expr] {
    return [this.read(left, around), this.read(right, around)];
  }

  #three([first, second, third]: [ASTNode, ASTNode, ASTNode], around: Around): [Expr, Expr, Expr] {
    return [this.read(first, around), this.read(second, around), this.read(third, around)];
  }

  #literal(node: ASTNode, value: (ASTNode & { op: "value" })["args"]): Expr {
    if (typeof value === "bigint" && (value > MAX_INT || value < MIN_INT)) {
      return this.wrong(node, "expression_syntax", "The integer is outside of 64 bits");
    }
    if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
      return this.wrong(node, "expression_syntax", "There are no unsigned integers here: leave the u out");
    }
    return made(node, { kind: "literal", value });
  }

  #name(node: ASTNode, name: string, around: Around, fields: readonly string[]): Expr {
    if (around.names.includes(name)) return made(node, { kind: "name", name });
    const type = TYPES.get(name);
    if (type !== undefined) return made(node, { kind: "literal", value: type });
    if (KEPT.has(name)) {
      const message = `\`${name}\` is a word of the language; steps["${name}"] reads a step of that name`;
      return this.wrong(node, "expression_syntax", message);
    }
    const step = name === "steps" ? (fields[0] ?? null) : null;
    this.references.push({ name, step, fields, ...(around.asks && { asks: true }), ...placeOf(node) });
    return made(node, { kind: "name", name });
  }

  #key(node: ASTNode, around: Around): Expr {
    if (node.op === "value" && typeof node.args !== "string") {
      return this.wrong(node, "expression_syntax", "The keys of a map are strings");
    }
    return this.read(node, around);
  }

  #call(node: ASTNode, around: Around, name: string, receiver: ASTNode | null, args: ASTNode[]): Expr {
    const macro = readMacro({ node, name, receiver, args }, around, this);
    if (macro !== null) return macro;
    const isOptional = receiver?.op === "id" && receiver.args === "optional" && !around.names.includes("optional");
    if (isOptional) return this.#function(node, `optional.${name}`, "function", this.#all(args, around));
    if (receiver === null) return this.#function(node, name, "function", this.#all(args, around));
    return this.#function(node, name, "method", this.#all([receiver, ...args], around));
  }

  #all(nodes: ASTNode[], around: Around): Expr[] {
    return nodes.map((node) => this.read(node, around));
  }

  #function(node: ASTNode, name: string, call: "function" | "method", args: Expr[]): Expr {
    const entry = FUNCTIONS.get(name);
    const message = entry === undefined ? unknown(name) : faultOfCall(entry, name, call, args.length);
    if (entry === undefined || message !== null) return this.wrong(node, "expression_function", message ?? "");
    return made(node, { kind: "call", name, function: entry, arguments: args }, ...args);
  }

  /** Reports a fault; what stands there is read as null, to find more. */
  wrong(node: ASTNode, type: ExpressionFault["type"], message: string): Expr {
    this.faults.push({ type, message, ...placeOf(node) });
    return made(node, { kind: "literal", value: null });
  }
}

function unknown(name: string): string {
  return name === "matches"
    ? "Regular expressions are not available: startsWith, endsWith, contains, indexOf and split are"
    : `There is no function \`${name}\``;
}

function faultOfCall(
  { call, least, most }: FunctionEntry,
  name: string,
  written: "function" | "method",
  count: number,
): string | null {
  if (call !== "either" && call !== written) {
    return call === "method" ? `\`${name}\` is called as x.${name}(…)` : `\`${name}\` is called as ${name}(…)`;
  }
  if (count >= least && count <= most) return null;
  const own = written === "method" ? 1 : 0;
  const counts = least === most ? `${least - own}` : `${least - own} or ${most - own}`;
  return `\`${name}\` takes ${counts} argument${counts === "1" ? "" : "s"}, not ${count - own}`;
}
